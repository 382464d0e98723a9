import Kernels
import Testing

/// Memory around a matrix that kernels may neither write nor, since it is NaN, read into a result.
struct Strided {
    private static let canary = Float(bitPattern: 0x7FC0_BEEF)
    /// Columns before and after those of the matrix.
    private static let left = 3, right = 5
    private var memory: Matrix
    private let count: Int
    private let columns: Int

    init(_ matrix: Matrix) {
        count = matrix.count
        columns = matrix.columns
        // A row before and one after.
        memory = Matrix(count + 2, Self.left + columns + Self.right, filledWith: Self.canary)
        for row in 0..<count { for column in 0..<columns { memory[row + 1, Self.left + column] = matrix[row, column] } }
    }

    /// What the matrix has now.
    var matrix: Matrix {
        var matrix = Matrix(count, columns)
        for row in 0..<count { for column in 0..<columns { matrix[row, column] = memory[row + 1, Self.left + column] } }
        return matrix
    }

    /// Whether all around the matrix is as it was.
    var isIntact: Bool {
        memory.values.indices.allSatisfy { i in
            let row = i / memory.columns - 1, column = i % memory.columns - Self.left
            let inside = (0..<count).contains(row) && (0..<columns).contains(column)
            return inside || memory.values[i].bitPattern == Self.canary.bitPattern
        }
    }

    func read<Result>(_ body: (Rows) throws -> Result) rethrows -> Result {
        let (rows, from) = (1..<count + 1, Self.left..<Self.left + columns)
        return try memory.read { try body($0[rows].columns(from)) }
    }

    mutating func write<Result>(_ body: (MutableRows) throws -> Result) rethrows -> Result {
        let (rows, from) = (1..<count + 1, Self.left..<Self.left + columns)
        return try memory.write { try body($0[rows].columns(from)) }
    }
}

extension Matrix {
    func columns(_ range: Range<Int>) -> Matrix {
        var part = Matrix(count, range.count)
        for row in 0..<count { for column in range { part[row, column - range.lowerBound] = self[row, column] } }
        return part
    }
}
