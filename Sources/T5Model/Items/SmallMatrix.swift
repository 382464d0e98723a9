internal import Glibc

/// A square matrix of a few dozen rows, in float64.
struct SmallMatrix {
    let size: Int
    private var values: [Double]

    init(size: Int, _ value: (_ row: Int, _ column: Int) -> Double) {
        self.size = size
        values = (0..<size * size).map { value($0 / size, $0 % size) }
    }

    private subscript(row: Int, column: Int) -> Double {
        get { values[row * size + column] }
        set { values[row * size + column] = newValue }
    }

    /// XᵀX of a matrix [n, k].
    static func gram(_ x: [Float], _ k: Int) -> SmallMatrix {
        var result = SmallMatrix(size: k) { _, _ in 0 }
        result.values.withUnsafeMutableBufferPointer { sums in
            for row in stride(from: 0, to: x.count, by: k) {
                for i in 0..<k {
                    let factor = Double(x[row + i])
                    for j in 0..<k { sums[i * k + j] += factor * Double(x[row + j]) }
                }
            }
        }
        return result
    }

    /// X · M of a matrix [n, k].
    static func multiply(_ x: [Float], _ m: SmallMatrix) -> [Float] {
        let k = m.size
        var result = [Float](repeating: 0, count: x.count), sums = [Double](repeating: 0, count: k)
        for row in stride(from: 0, to: x.count, by: k) {
            for j in 0..<k { sums[j] = 0 }
            for i in 0..<k {
                let factor = Double(x[row + i])
                for j in 0..<k { sums[j] += factor * m.values[i * k + j] }
            }
            for j in 0..<k { result[row + j] = Float(sums[j]) }
        }
        return result
    }

    /// R⁻¹ with RᵀR this matrix, which is symmetric and not negative. Directions that it has nothing of become zero.
    func inverseCholesky() -> SmallMatrix {
        var r = SmallMatrix(size: size) { _, _ in 0 }, inverse = r
        let least = (0..<size).reduce(0) { max($0, self[$1, $1]) } * 1e-14
        for j in 0..<size {
            var rest = self[j, j]
            for i in 0..<j { rest -= r[i, j] * r[i, j] }
            guard rest > least else { continue }
            r[j, j] = rest.squareRoot()
            for column in j + 1..<size {
                var value = self[j, column]
                for i in 0..<j { value -= r[i, j] * r[i, column] }
                r[j, column] = value / r[j, j]
            }
        }
        for column in 0..<size where r[column, column] > 0 {
            inverse[column, column] = 1 / r[column, column]
            for row in (0..<column).reversed() where r[row, row] > 0 {
                var value = 0.0
                for i in row + 1...column { value += r[row, i] * inverse[i, column] }
                inverse[row, column] = -value / r[row, row]
            }
        }
        return inverse
    }

    /// The nearest orthogonal matrix, U Vᵀ of this one's singular value decomposition, by Newton and Schulz's iteration (Higham, 2008).
    func polarFactor() -> SmallMatrix {
        let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        var q = self
        for i in values.indices { q.values[i] /= max(norm, .leastNormalMagnitude) }
        for _ in 0..<100 {
            var step = q.transposed.multiplied(by: q), off = 0.0
            for i in 0..<size { for j in 0..<size { off = max(off, abs(step[i, j] - (i == j ? 1 : 0))) } }
            if off < 1e-12 { break }
            for i in 0..<size { for j in 0..<size { step[i, j] = (i == j ? 1.5 : 0) - 0.5 * step[i, j] } }
            q = q.multiplied(by: step)
        }
        return q
    }

    private var transposed: SmallMatrix { SmallMatrix(size: size) { self[$1, $0] } }

    private func multiplied(by other: SmallMatrix) -> SmallMatrix {
        var result = SmallMatrix(size: size) { _, _ in 0 }
        for i in 0..<size {
            for l in 0..<size {
                let factor = self[i, l]
                for j in 0..<size { result[i, j] += factor * other[l, j] }
            }
        }
        return result
    }
}
