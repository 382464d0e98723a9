/// How a product's result is cut into the tiles of a job: blocks of rows by blocks of columns, whole panels each.
///
/// A block of rows of the left side fits the second-level cache beside the part of the right side in work; blocks get smaller where there
/// would be too few for the threads. Results do not depend on any of it.
struct Tiling {
    let rowsPerTile: Int
    let columnsPerTile: Int
    let rowTiles: Int
    let columnTiles: Int

    var count: Int { rowTiles * columnTiles }

    /// - Parameters:
    ///   - rowPanel: Rows of a panel; `columnPanel` likewise.
    ///   - mostRows: The largest block of rows; `mostColumns` likewise.
    ///   - leastRows: The smallest block of rows; four panels when nil.
    init(
        rows: Int, columns: Int, rowPanel: Int, columnPanel: Int, mostRows: Int, leastRows: Int? = nil, mostColumns: Int, threads: Int
    ) {
        let rowPanels = max((rows + rowPanel - 1) / rowPanel, 1), columnPanels = max((columns + columnPanel - 1) / columnPanel, 1)
        var rowPanelsPerTile = min(rowPanels, max(mostRows / rowPanel, 1))
        var columnPanelsPerTile = min(columnPanels, max(mostColumns / columnPanel, 1))
        // Several tiles a thread, so that no thread waits long for another: with few, the last one of an odd number is what all wait for.
        let wanted = threads == 1 ? 1 : 8 * threads
        while Self.parts(rowPanels, rowPanelsPerTile) * Self.parts(columnPanels, columnPanelsPerTile) < wanted, columnPanelsPerTile > 1 {
            columnPanelsPerTile = (columnPanelsPerTile + 1) / 2
        }
        let least = leastRows.map { $0 / rowPanel } ?? 4
        while Self.parts(rowPanels, rowPanelsPerTile) * Self.parts(columnPanels, columnPanelsPerTile) < wanted, rowPanelsPerTile > least {
            rowPanelsPerTile = (rowPanelsPerTile + 1) / 2
        }
        rowsPerTile = rowPanelsPerTile * rowPanel
        columnsPerTile = columnPanelsPerTile * columnPanel
        rowTiles = Self.parts(rowPanels, rowPanelsPerTile)
        columnTiles = Self.parts(columnPanels, columnPanelsPerTile)
    }

    private static func parts(_ count: Int, _ size: Int) -> Int { (count + size - 1) / size }

    /// The rows and columns of a tile. Tiles that share columns come one after the other.
    func ranges(_ tile: Int, rows: Int, columns: Int) -> (rows: Range<Int>, columns: Range<Int>) {
        let row = tile % rowTiles * rowsPerTile, column = tile / rowTiles * columnsPerTile
        return (row..<min(row + rowsPerTile, rows), column..<min(column + columnsPerTile, columns))
    }
}
