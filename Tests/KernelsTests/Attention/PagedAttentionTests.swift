import Foundation
import Kernels
import Testing

/// Sequences whose keys and values lie in pages in a mixed order, with NaN wherever nothing was put.
private struct PagedBatch {
    let kernels: Kernels
    let heads: Int
    let keyHeads: Int
    let width: Int
    let half: Bool
    let lengths: [Int]
    var q: [Matrix]
    var k: [Matrix]
    var v: [Matrix]
    var bias: Matrix?

    init(_ set: InstructionSet, lengths: [Int], heads: Int, keyHeads: Int, width: Int, half: Bool, team: ThreadTeam? = nil) {
        kernels = team.map { SupportedSets.make(set, team: $0) } ?? SupportedSets.kernels(set)
        self.heads = heads
        self.keyHeads = keyHeads
        self.width = width
        self.half = half
        self.lengths = lengths
        q = lengths.enumerated().map { Matrix.random($1, heads * width, seed: UInt64($0 + 1)) }
        k = lengths.enumerated().map { Matrix.random($1, keyHeads * width, seed: UInt64($0 + 100)) }
        v = lengths.enumerated().map { Matrix.random($1, keyHeads * width, seed: UInt64($0 + 200)) }
    }

    /// Runs the sequences in steps of at most `step` tokens each, all in one batch, and returns each one's rows.
    func run(step: Int) -> [Matrix] {
        let pagesOf = lengths.map { ($0 + 31) / 32 }, count = pagesOf.reduce(0, +)
        let bytes = PagedMemory.bytesPerPage(heads: keyHeads, width: width, half: half)
        let base = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * bytes, alignment: 64)
        defer { base.deallocate() }
        // 0xFFFF and 0xFFFFFFFF are NaN.
        base.initializeMemory(as: UInt8.self, repeating: 0xFF, count: max(count, 1) * bytes)
        let memory = PagedMemory(base, pages: count, heads: keyHeads, width: width, half: half)
        // Pages of the sequences in turn, from the last one down.
        var tables = lengths.map { _ in [Int32]() }, next = Int32(count)
        while next > 0 {
            for (sequence, pages) in pagesOf.enumerated() where tables[sequence].count < pages {
                next -= 1
                tables[sequence].append(next)
            }
        }
        var out = q.map(Matrix.like), done = lengths.map { _ in 0 }
        let workspace = Workspace()
        while zip(done, lengths).contains(where: { $0 < $1 }) {
            let takes = zip(done, lengths).map { min(step, $1 - $0) }
            func batch(_ matrices: [Matrix]) -> Matrix {
                var joined = Matrix(takes.reduce(0, +), matrices[0].columns)
                joined.values = zip(matrices, zip(done, takes)).flatMap { $0.rows($1.0..<$1.0 + $1.1).values }
                return joined
            }
            let (q, k, v) = (batch(q), batch(k), batch(v))
            var result = Matrix.like(q)
            var bias = self.bias ?? Matrix(0, 0)
            withPages(tables) { pages in
                var sequences: [PagedSequence] = [], row = 0
                for (index, take) in takes.enumerated() {
                    sequences.append(PagedSequence(rows: row..<row + take, first: done[index], pages: pages[index]))
                    row += take
                }
                sequences.withUnsafeBufferPointer { sequences in
                    k.read { k in v.read { kernels.append(keys: k, values: $0, sequences, to: memory) } }
                    q.read { q in
                        bias.write { bias in
                            let table = self.bias.map { DistanceBias(bias.base, heads: heads, distances: 1 - $0.columns...0) }
                            result.write {
                                kernels.attend(
                                    q, heads: heads, scale: 0.3, bias: table, sequences, memory, into: $0, workspace: workspace)
                            }
                        }
                    }
                }
            }
            var row = 0
            for (index, take) in takes.enumerated() {
                let columns = q.columns
                out[index].values.replaceSubrange(
                    done[index] * columns..<(done[index] + take) * columns, with: result.values[row * columns..<(row + take) * columns])
                row += take
                done[index] += take
            }
        }
        return out
    }

    private func withPages(_ tables: [[Int32]], _ body: ([UnsafeBufferPointer<Int32>]) -> Void) {
        let all = Array(tables.joined()) + [Int32(0)]
        all.withUnsafeBufferPointer { all in
            var at = 0
            body(
                tables.map { table in
                    defer { at += table.count }
                    return UnsafeBufferPointer(rebasing: all[at..<at + table.count])
                })
        }
    }

    var expected: [[Double]] {
        lengths.indices.map { s in
            func stored(_ matrix: Matrix) -> Matrix {
                var rounded = matrix
                if half { rounded.values = matrix.values.map { Float(Float16($0)) } }
                return rounded
            }
            let k = stored(k[s]), v = stored(v[s])
            var rows: [Double] = []
            for i in 0..<lengths[s] {
                for head in 0..<heads {
                    let from = i * heads * width + head * width, column = head / (heads / keyHeads) * width
                    rows += AttentionDefinition.row(
                        q[s].values[from..<from + width], keys: k, values: v, rows: 0..<i + 1, columns: column..<column + width, scale: 0.3
                    ) { j in bias.map { $0[head, $0.columns - 1 + j - i] } ?? 0 }
                }
            }
            return rows
        }
    }
}

@Suite struct PagedAttentionTests {
    struct Form: Sendable, CustomTestStringConvertible {
        let heads: Int, keyHeads: Int, width: Int
        let half: Bool

        var testDescription: String { "\(heads) over \(keyHeads) heads of \(width)\(half ? " half" : "")" }

        static let all = [(1, 1, 16), (4, 2, 64), (9, 3, 80), (24, 1, 16), (2, 2, 128)].flatMap { heads, keyHeads, width in
            [false, true].map { Form(heads: heads, keyHeads: keyHeads, width: width, half: $0) }
        }

        fileprivate func batch(_ set: InstructionSet, _ lengths: [Int], team: ThreadTeam? = nil) -> PagedBatch {
            PagedBatch(set, lengths: lengths, heads: heads, keyHeads: keyHeads, width: width, half: half, team: team)
        }
    }

    @Test("Causal attention over pages is the definition, with NaN in all slots that hold nothing", arguments: Form.all)
    func agreesWithDefinition(_ form: Form) {
        for bias in [false, true] {
            var expected: [[Double]]?
            for set in SupportedSets.all {
                var batch = form.batch(set, [1, 33, 0, 70])
                if bias { batch.bias = Matrix.random(form.heads, 71, seed: 3) }
                let definition = expected ?? batch.expected
                expected = definition
                for (result, values) in zip(batch.run(step: 40), definition) {
                    #expect(normalisedMeanSquareError(result.values, values) < 1e-11, "\(set)")
                }
            }
        }
    }

    @Test(
        "The bits do not depend on how a sequence is cut, what else is in the batch, or the threads", arguments: Form.all, SupportedSets.all
    )
    func independence(_ form: Form, _ set: InstructionSet) {
        let lengths = [5, 66, 32]
        for bias in [nil, Matrix.random(form.heads, 67, seed: 3)] {
            func batch(_ lengths: [Int], team: ThreadTeam? = nil) -> PagedBatch {
                var batch = form.batch(set, lengths, team: team)
                batch.bias = bias
                return batch
            }
            let all = batch(lengths), whole = all.run(step: 100)
            for step in [1, 7, 32] {
                let same = batch(lengths).run(step: step).map(\.bits) == whole.map(\.bits)
                #expect(same, "in steps of \(step), bias: \(bias != nil)")
            }
            let threaded = batch(lengths, team: SupportedSets.team(3)).run(step: 100).map(\.bits) == whole.map(\.bits)
            #expect(threaded, "bias: \(bias != nil)")
            // The second sequence as the first: the same numbers.
            var alone = batch([66])
            alone.q = [all.q[1]]
            alone.k = [all.k[1]]
            alone.v = [all.v[1]]
            let same = alone.run(step: 9)[0].bits == whole[1].bits
            #expect(same, "alone, bias: \(bias != nil)")
        }
    }

    @Test(
        "A token that is no finite number reaches those after it in its sequence, and nothing else", arguments: Form.all, SupportedSets.all)
    func masksAreExact(_ form: Form, _ set: InstructionSet) {
        for value: Float in [.nan, .infinity, -.infinity] {
            var batch = form.batch(set, [40, 12])
            let clean = batch.run(step: 100)
            for column in 0..<batch.k[0].columns {
                batch.k[0][30, column] = value
                batch.v[0][30, column] = value
            }
            let result = batch.run(step: 100)
            #expect(result[0].rows(0..<30).bits.elementsEqual(clean[0].rows(0..<30).bits), "\(value)")
            #expect(result[0].rows(30..<40).values.allSatisfy { !$0.isFinite }, "\(value)")
            #expect(result[1].bits.elementsEqual(clean[1].bits), "\(value)")
        }
    }

    @Test("Pages at a distance at which their numbers would not be aligned stop the program")
    func pageStride() async {
        await #expect(processExitsWith: .success) {
            let base = UnsafeMutableRawPointer.allocate(byteCount: 4_096, alignment: 64)
            _ = PagedMemory(base, pageStride: 2_052, pages: 1, heads: 1, width: 16, half: true)
        }
        await #expect(processExitsWith: .failure) {
            let base = UnsafeMutableRawPointer.allocate(byteCount: 4_096, alignment: 64)
            _ = PagedMemory(base, pageStride: 2_050, pages: 1, heads: 1, width: 16, half: true)
        }
    }
}
