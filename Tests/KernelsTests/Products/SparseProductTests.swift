import Kernels
import Testing

@Suite struct SparseProductTests {
    private func sparse(_ rows: Int, _ columns: Int, seed: UInt64) -> (SparseRows, Matrix) {
        var dense = Matrix.random(rows, columns, seed: seed)
        var entries: [[(column: Int32, value: Float)]] = []
        for row in 0..<rows {
            entries.append([])
            for column in 0..<columns {
                // Some rows are empty, some full.
                if (row * 7 + column * 3) % (row % 4 + 1) == 0, row % 5 != 3 {
                    entries[row].append((Int32(column), dense[row, column]))
                } else {
                    dense[row, column] = 0
                }
            }
        }
        return (SparseRows(columnCount: columns, entries), dense)
    }

    @Test("A sparse matrix multiplies as the same matrix with its zeros, and adds", arguments: SupportedSets.all)
    func product(_ set: InstructionSet) {
        for (m, k, n) in [(0, 4, 5), (1, 1, 1), (13, 30, 17), (40, 9, 64)] {
            let (a, dense) = sparse(m, k, seed: 1), b = Matrix.random(k, n, seed: 2), before = Matrix.random(m, n, seed: 3)
            var expected = [Double](repeating: 0, count: m * n)
            for row in 0..<m {
                for column in 0..<n {
                    let sum = (0..<k).reduce(Double(before[row, column])) { $0 + Double(dense[row, $1]) * Double(b[$1, column]) }
                    expected[row * n + column] = sum
                }
            }
            for threads in [1, 3] {
                var y = before
                let kernels = SupportedSets.make(set, team: SupportedSets.team(threads))
                b.read { b in y.write { kernels.multiplyAdd(a, by: b, to: $0) } }
                #expect(normalisedMeanSquareError(y.values, expected) < 1e-11, "[\(m), \(k)] · [\(k), \(n)]")
            }
        }
    }

    @Test func `Transposed twice it is what it was`() {
        let (a, dense) = sparse(11, 6, seed: 5), turned = a.transposed
        #expect(turned.rowCount == 6 && turned.columnCount == 11 && turned.transposed == a)
        for row in 0..<6 {
            for place in turned.range(row) { #expect(turned.values[place] == dense[Int(turned.columns[place]), row]) }
        }
    }
}
