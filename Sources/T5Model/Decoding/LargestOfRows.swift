internal import Kernels

/// The largest few numbers of each row with their columns, in falling order, of equals the first ones. NaN and minus infinity are none.
struct LargestOfRows {
    /// How many of a row.
    let most: Int
    /// [rows, most].
    private let values: UnsafeMutablePointer<Float>
    private let columns: UnsafeMutablePointer<Int32>
    /// [rows], how many there are.
    private let counts: UnsafeMutablePointer<Int32>

    /// In the workspace's present scope.
    init(_ most: Int, of rows: Rows, _ kernels: Kernels, _ workspace: Workspace) {
        self.most = min(most, rows.columns)
        values = workspace.floats(rows.count * self.most)
        columns = workspace.values(Int32.self, rows.count * self.most)
        counts = workspace.values(Int32.self, rows.count)
        kernels.team.run(rows.count, Selection(rows: rows, most: self.most, values: values, columns: columns, counts: counts))
    }

    func entries(_ row: Int) -> some RandomAccessCollection<(value: Float, column: Int32)> {
        let from = row * most
        return (0..<Int(counts[row])).lazy.map { (values[from + $0], columns[from + $0]) }
    }
}

private struct Selection: TileJob {
    let rows: Rows
    let most: Int
    let values: UnsafeMutablePointer<Float>
    let columns: UnsafeMutablePointer<Int32>
    let counts: UnsafeMutablePointer<Int32>

    func run(tile: Int, worker: Int) {
        let row = rows[tile], values = values + tile * most, columns = columns + tile * most
        var count = 0, floor = -Float.infinity
        for column in 0..<rows.columns where row[column] > floor {
            // Into its place; the last one leaves when there is no room.
            var place = min(count, most - 1)
            while place > 0, values[place - 1] < row[column] {
                values[place] = values[place - 1]
                columns[place] = columns[place - 1]
                place -= 1
            }
            values[place] = row[column]
            columns[place] = Int32(column)
            count = min(count + 1, most)
            if count == most { floor = values[most - 1] }
        }
        counts[tile] = Int32(count)
    }
}
