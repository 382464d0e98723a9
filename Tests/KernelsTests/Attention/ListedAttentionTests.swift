import Foundation
import Kernels
import Testing

/// Queries over rows that lie in a mixed order and that several of them share, with NaN in all rows that nobody lists.
private struct ListedBatch {
    let heads: Int
    let width: Int
    var q: Matrix
    var k: Matrix
    var v: Matrix
    var bias: Matrix?
    /// Of each query.
    var lists: [[Int32]]

    init(_ lengths: [Int], heads: Int, width: Int, bias: Bool) {
        self.heads = heads
        self.width = width
        let rows = 2 * (lengths.max() ?? 0) + 3
        q = Matrix.random(lengths.count, heads * width, seed: 1)
        k = Matrix.random(rows, heads * width, seed: 2)
        v = Matrix.random(rows, heads * width, seed: 3)
        if bias { self.bias = Matrix.random(heads, max(lengths.max() ?? 0, 1), seed: 4) }
        lists = lengths.enumerated().map { query, length in (0..<length).map { Int32(($0 * 7 + ($0 > 2 ? query : 0)) % rows) } }
        let listed = Set(lists.joined())
        for row in 0..<rows where !listed.contains(Int32(row)) {
            for column in 0..<k.columns {
                k[row, column] = .nan
                v[row, column] = .nan
            }
        }
    }

    func run(_ kernels: Kernels, _ queries: [Int]? = nil) -> Matrix {
        let queries = queries ?? Array(lists.indices)
        var part = Matrix(queries.count, q.columns), out = Matrix.like(part), bias = self.bias ?? Matrix(0, 0)
        part.values = queries.flatMap { q.row($0).values }
        var ends: [Int32] = []
        for query in queries { ends.append((ends.last ?? 0) + Int32(lists[query].count)) }
        let rows = queries.flatMap { lists[$0] }
        part.read { q in
            k.read { k in
                v.read { v in
                    bias.write { bias in
                        rows.withUnsafeBufferPointer { rows in
                            ends.withUnsafeBufferPointer { ends in
                                let table = self.bias.map { DistanceBias(bias.base, heads: heads, distances: 1 - $0.columns...0) }
                                let attention = ListedAttention(
                                    q: q, k: k, v: v, heads: heads, scale: 0.3, bias: table, rows: rows, ends: ends)
                                out.write { kernels.attend(attention, into: $0, workspace: Workspace()) }
                            }
                        }
                    }
                }
            }
        }
        return out
    }

    var expected: [Double] {
        lists.indices.flatMap { query in
            let list = lists[query]
            func listed(_ matrix: Matrix) -> Matrix {
                var rows = Matrix(list.count, matrix.columns)
                rows.values = list.flatMap { matrix.row(Int($0)).values }
                return rows
            }
            let keys = listed(k), values = listed(v)
            return (0..<heads).flatMap { head in
                let from = query * heads * width + head * width
                return AttentionDefinition.row(
                    q.values[from..<from + width], keys: keys, values: values, rows: 0..<list.count,
                    columns: head * width..<(head + 1) * width, scale: 0.3
                ) { j in bias.map { $0[head, $0.columns - list.count + j] } ?? 0 }
            }
        }
    }
}

@Suite struct ListedAttentionTests {
    private static let lengths = [1, 5, 0, 33, 70, 16], forms = [(1, 1), (2, 16), (3, 24), (8, 64), (1, 80), (2, 128)]

    @Test("A query attends to its own list alone, wherever those rows lie", arguments: SupportedSets.all, [false, true])
    func definition(_ set: InstructionSet, _ bias: Bool) {
        for (heads, width) in Self.forms {
            let batch = ListedBatch(Self.lengths, heads: heads, width: width, bias: bias)
            let result = batch.run(SupportedSets.kernels(set))
            #expect(normalisedMeanSquareError(result.values, batch.expected) < 1e-11, "\(heads) heads of \(width)")
        }
    }

    @Test("The bits do not depend on the other queries, nor on the threads", arguments: SupportedSets.all)
    func independence(_ set: InstructionSet) {
        let batch = ListedBatch(Self.lengths, heads: 8, width: 64, bias: true), whole = batch.run(SupportedSets.kernels(set))
        #expect(batch.run(SupportedSets.make(set, team: SupportedSets.team(3))).bits == whole.bits)
        for query in Self.lengths.indices {
            #expect(batch.run(SupportedSets.kernels(set), [query]).bits == whole.row(query).bits, "query \(query)")
        }
    }

    @Test("A step without queries, and one whose queries have no rows, work")
    func empty() {
        #expect(ListedBatch([], heads: 2, width: 16, bias: true).run(SupportedSets.reference).values == [])
        let nothing = ListedBatch([0, 0], heads: 2, width: 16, bias: true)
        for set in SupportedSets.all { #expect(nothing.run(SupportedSets.kernels(set)).values.allSatisfy { $0 == 0 }) }
    }

    @Test("Rows that are not there stop the program")
    func bounds() async {
        await #expect(processExitsWith: .failure) {
            var batch = ListedBatch([3], heads: 1, width: 16, bias: false)
            batch.lists = [[0, 1, 9]]
            _ = batch.run(SupportedSets.reference)
        }
    }
}
