import Foundation
import Kernels
import Testing

@Suite struct RotaryTests {
    private func rotated(
        _ set: InstructionSet, _ x: Matrix, heads: Int, pairs: Int, positions: [Int32], interleaved: Bool, inverse: Bool = false
    ) -> Matrix {
        var y = x
        let table = RotaryTable(
            frequencies: RotaryTable.frequencies(base: 10_000, pairs: pairs), positions: 5_000, interleaved: interleaved)
        y.write { y in
            positions.withUnsafeBufferPointer {
                SupportedSets.kernels(set).rotate(y, heads: heads, positions: $0, table: table, inverse: inverse)
            }
        }
        return y
    }

    @Test("Pairs turn by position times frequency, and what is past them stays", arguments: SupportedSets.all, [false, true])
    func definition(_ set: InstructionSet, _ interleaved: Bool) {
        for (pairs, width) in [(1, 2), (8, 16), (16, 48), (20, 41), (32, 64)] {
            let x = Matrix.random(4, 3 * width, seed: 1), positions: [Int32] = [0, 1, 77, 4_999]
            let y = rotated(set, x, heads: 3, pairs: pairs, positions: positions, interleaved: interleaved)
            var expected = x.values.map(Double.init)
            for row in 0..<4 {
                for head in 0..<3 {
                    for pair in 0..<pairs {
                        let at = row * 3 * width + head * width
                        let (i, j) = interleaved ? (at + 2 * pair, at + 2 * pair + 1) : (at + pair, at + pair + pairs)
                        let angle = Double(positions[row]) * pow(10_000, -Double(pair) / Double(pairs))
                        let (a, b) = (Double(x.values[i]), Double(x.values[j]))
                        expected[i] = a * cos(angle) - b * sin(angle)
                        expected[j] = b * cos(angle) + a * sin(angle)
                    }
                }
            }
            #expect(normalisedMeanSquareError(y.values, expected) < 1e-12, "\(pairs) pairs in heads of \(width)")
            let back = rotated(set, y, heads: 3, pairs: pairs, positions: positions, interleaved: interleaved, inverse: true)
            #expect(normalisedMeanSquareError(back, x) < 1e-12)
            #expect(y.row(0).bits == x.row(0).bits, "position 0")
        }
    }
}
