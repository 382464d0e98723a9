/// A job on `count` numbers, each by itself, in tiles of a fixed size.
protocol ElementJob: TileJob {
    var count: Int { get }
    /// Does the numbers of a range, whose lower bound is a multiple of 64.
    func run(_ range: Range<Int>)
}

extension ElementJob {
    /// Numbers in a tile: enough that handing it out costs little, and few enough for the second-level cache. Also where a stream of
    /// random numbers may be entered.
    static var elementsPerTile: Int { 16_384 }

    var tiles: Int { (count + Self.elementsPerTile - 1) / Self.elementsPerTile }

    package func run(tile: Int, worker: Int) {
        run(tile * Self.elementsPerTile..<min((tile + 1) * Self.elementsPerTile, count))
    }
}

/// A job on the rows of a matrix, each by itself, in tiles of several.
protocol RowJob: TileJob {
    var rows: Int { get }
    var rowsPerTile: Int { get }
    func run(_ rows: Range<Int>)
}

extension RowJob {
    var tiles: Int { (rows + rowsPerTile - 1) / rowsPerTile }

    package func run(tile: Int, worker: Int) { run(tile * rowsPerTile..<min((tile + 1) * rowsPerTile, rows)) }

    /// Rows of so many columns that make a tile of about 16,384 numbers.
    static func rowsPerTile(columns: Int) -> Int { max(1, 16_384 / max(columns, 1)) }
}

extension ThreadTeam {
    func run(_ job: some ElementJob) { run(job.tiles, job) }
    func run(_ job: some RowJob) { run(job.tiles, job) }
}
