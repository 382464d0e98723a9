import Kernels

/// A matrix that owns its numbers, for tests: inputs, results and references.
struct Matrix: Equatable {
    let count: Int
    let columns: Int
    /// Row after row, without gaps.
    var values: [Float]

    init(_ count: Int, _ columns: Int, filledWith value: Float = 0) {
        self.count = count
        self.columns = columns
        values = Array(repeating: value, count: count * columns)
    }

    /// Numbers between -1 and 1.
    static func random(_ count: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var matrix = Matrix(count, columns)
        var generator = Generator(seed: seed)
        for i in matrix.values.indices { matrix.values[i] = generator.float() }
        return matrix
    }

    subscript(row: Int, column: Int) -> Float {
        get { values[row * columns + column] }
        set { values[row * columns + column] = newValue }
    }

    func read<Result>(_ body: (Rows) throws -> Result) rethrows -> Result {
        try values.withUnsafeBufferPointer {
            try body(Rows($0.baseAddress ?? UnsafePointer(Matrix.nowhere), count: count, columns: columns))
        }
    }

    mutating func write<Result>(_ body: (MutableRows) throws -> Result) rethrows -> Result {
        let (count, columns) = (count, columns)
        return try values.withUnsafeMutableBufferPointer {
            try body(MutableRows($0.baseAddress ?? Matrix.nowhere, count: count, columns: columns))
        }
    }

    /// The address of an empty matrix.
    nonisolated(unsafe) private static let nowhere = UnsafeMutablePointer<Float>.allocate(capacity: 16)

    /// The bits of every number: what has to be equal where results may not depend on something.
    var bits: [UInt32] { values.map(\.bitPattern) }
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): small, and the same everywhere.
struct Generator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Between -1 and 1.
    mutating func float() -> Float { Float(Int64(bitPattern: next()) >> 40) / Float(1 << 23) }
}

/// Sum of squared differences over the sum of squares of the expected numbers: 0 for equal, about 1 for unrelated ones. Infinite where
/// one side has a number and the other has not.
func normalisedMeanSquareError(_ actual: [Float], _ expected: [Double]) -> Double {
    precondition(actual.count == expected.count, "\(actual.count) numbers, \(expected.count) expected")
    var difference = 0.0, size = 0.0
    for (a, e) in zip(actual, expected) {
        guard a.isFinite == e.isFinite else { return .infinity }
        guard e.isFinite else { continue }
        difference += (Double(a) - e) * (Double(a) - e)
        size += e * e
    }
    return size == 0 ? (difference == 0 ? 0 : .infinity) : difference / size
}

func normalisedMeanSquareError(_ actual: Matrix, _ expected: Matrix) -> Double {
    normalisedMeanSquareError(actual.values, expected.values.map(Double.init))
}

func meanSquareError(_ actual: Matrix, _ expected: Matrix) -> Double {
    let squares = zip(actual.values, expected.values).map { (Double($0) - Double($1)) * (Double($0) - Double($1)) }
    return squares.reduce(0, +) / Double(max(squares.count, 1))
}
