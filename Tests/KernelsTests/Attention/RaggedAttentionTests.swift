import Kernels
import Testing

@Suite struct RaggedAttentionTests {
    struct Form: Sendable, CustomTestStringConvertible {
        let causal: Bool
        let bias: Bool
        let across: Bool
        let width: Int

        var testDescription: String {
            "\(causal ? "causal " : "")\(bias ? "bias " : "")\(across ? "across " : "")width \(width)"
        }

        static let all: [Form] =
            [
                (false, false, false), (false, true, false), (true, true, false), (true, false, false), (false, false, true),
                (true, false, true), (false, true, true), (true, true, true),
            ]
            .flatMap { causal, bias, across in [1, 8, 33, 64].map { Form(causal: causal, bias: bias, across: across, width: $0) } }

        /// Around blocks of 24 queries and 32 keys, with nothing on either side too.
        var lengths: [(queries: Int, keys: Int)] {
            across ? [(5, 0), (0, 7), (1, 67), (25, 3), (33, 31)] : [(1, 1), (0, 0), (33, 33), (5, 5), (49, 49)]
        }

        var batch: RaggedBatch { RaggedBatch(lengths, heads: 2, width: width, causal: causal, bias: bias) }
    }

    @Test("The forward pass is the definition", arguments: Form.all)
    func agreesWithDefinition(_ form: Form) {
        let batch = form.batch, expected = AttentionDefinition.ragged(batch)
        for set in SupportedSets.all {
            let result = batch.run(SupportedSets.kernels(set))
            #expect(normalisedMeanSquareError(result.out.values, expected) < 1e-11, "\(set)")
        }
    }

    @Test("Gradients are the slow twin's, with and without dropout", arguments: Form.all)
    func agreesWithTwin(_ form: Form) throws {
        for rate: Float in [0, 0.4] {
            var batch = form.batch
            batch.rate = rate
            let dOut = Matrix.random(batch.q.count, batch.q.columns, seed: 8)
            let twin = batch.run(SupportedSets.reference, dOut: dOut)
            for set in SupportedSets.all {
                let result = batch.run(SupportedSets.kernels(set), dOut: dOut)
                #expect(normalisedMeanSquareError(result.out, twin.out) < 1e-11, "\(set)")
                #expect(normalisedMeanSquareError(result.logSums, twin.logSums) < 1e-11, "\(set)")
                #expect(normalisedMeanSquareError(result.dq, twin.dq) < 1e-11, "\(set)")
                #expect(normalisedMeanSquareError(result.dk, twin.dk) < 1e-11, "\(set)")
                #expect(normalisedMeanSquareError(result.dv, twin.dv) < 1e-11, "\(set)")
                guard form.bias else { continue }
                let (dBias, expected) = (try #require(result.dBias), try #require(twin.dBias))
                #expect(normalisedMeanSquareError(dBias, expected) < 1e-11, "\(set)")
            }
        }
    }

    @Test("Gradients are the differences of the forward pass, with dropout too", arguments: SupportedSets.all, [false, true])
    func finiteDifferences(_ set: InstructionSet, _ causal: Bool) throws {
        let kernels = SupportedSets.kernels(set)
        for rate: Float in [0, 0.3] {
            var batch = RaggedBatch([(3, 3), (2, 2)], heads: 2, width: 3, causal: causal, bias: true)
            batch.rate = rate
            let dOut = Matrix.random(5, 6, seed: 8)
            let result = batch.run(kernels, dOut: dOut)
            func loss(_ change: (inout RaggedBatch) -> Void) -> Double {
                var moved = batch
                change(&moved)
                return weighted(moved.run(kernels).out, by: dOut)
            }
            let (bias, dBias) = (try #require(batch.bias), try #require(result.dBias))
            let pairs = [
                (result.dq, numericGradient(at: batch.q) { q in loss { $0.q = q } }),
                (result.dk, numericGradient(at: batch.k) { k in loss { $0.k = k } }),
                (result.dv, numericGradient(at: batch.v) { v in loss { $0.v = v } }),
                (dBias, numericGradient(at: bias) { bias in loss { $0.bias = bias } }),
            ]
            for (index, (gradient, differences)) in pairs.enumerated() {
                #expect(normalisedMeanSquareError(gradient.values, differences) < 1e-6, "gradient \(index), rate \(rate)")
            }
        }
    }

    @Test("A sequence's bits do not depend on the batch around it, nor on the threads", arguments: Form.all, SupportedSets.all)
    func independence(_ form: Form, _ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        for rate: Float in [0, 0.4] {
            var batch = form.batch
            batch.rate = rate
            let dOut = Matrix.random(batch.q.count, batch.q.columns, seed: 8)
            let together = batch.run(kernels, dOut: dOut)
            for (index, span) in batch.spans.enumerated() {
                let alone = batch.alone(index).run(kernels, dOut: dOut.rows(span.queries))
                #expect(alone.out.bits == together.out.rows(span.queries).bits, "sequence \(index), rate \(rate)")
                #expect(alone.dq.bits == together.dq.rows(span.queries).bits, "sequence \(index), rate \(rate)")
                #expect(alone.dk.bits == together.dk.rows(span.keys).bits, "sequence \(index), rate \(rate)")
                #expect(alone.dv.bits == together.dv.rows(span.keys).bits, "sequence \(index), rate \(rate)")
            }
            let threaded = batch.run(SupportedSets.make(set, team: SupportedSets.team(5)), dOut: dOut)
            #expect(threaded.out.bits == together.out.bits)
            #expect(threaded.dBias?.bits == together.dBias?.bits)
        }
    }

    @Test("Every sequence and every stream has a dropout mask of its own", arguments: SupportedSets.all)
    func masksDiffer(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        // Sequences of the same numbers: what differs between their results is the mask.
        var batch = RaggedBatch([(20, 20), (20, 20), (20, 20)], heads: 2, width: 16)
        for (part, rows) in [(0, 20..<40), (0, 40..<60)] {
            for row in rows {
                for column in 0..<32 {
                    batch.q[row, column] = batch.q[part + row % 20, column]
                    batch.k[row, column] = batch.k[part + row % 20, column]
                    batch.v[row, column] = batch.v[part + row % 20, column]
                }
            }
        }
        batch.rate = 0.4
        var seen: Set<[UInt32]> = []
        for stream: UInt64 in 5...7 {
            batch.stream = stream
            let out = batch.run(kernels).out
            for from in [0, 20, 40] { seen.insert(out.rows(from..<from + 20).bits) }
        }
        #expect(seen.count == 9)
        // The plain dropout of the same stream draws other words than the first sequence's.
        let ones = map(Matrix(1, 64, filledWith: 1)) { kernels.dropout(Dropout(rate: 0.4, seed: 3, stream: 5), $0, into: $1) }
        var uniform = RaggedBatch([(1, 64)], heads: 1, width: 64)
        uniform.rate = 0.4
        for i in 0..<64 {
            uniform.q.values[i] = 0
            for j in 0..<64 { uniform.v[i, j] = i == j ? 64 : 0 }
        }
        #expect(uniform.run(kernels).out.bits.map { $0 == 0 } != ones.bits.map { $0 == 0 })
    }

    @Test("What a query may not see does not reach it, even when it is not a number", arguments: SupportedSets.all)
    func masksAreExact(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        let clean = RaggedBatch([(40, 40), (9, 9)], heads: 2, width: 16, causal: true)
        let expected = clean.run(kernels).out
        for (poisoned, value) in [(37, Float.nan), (20, .infinity), (20, -.infinity)] {
            var batch = clean
            for column in 0..<32 {
                batch.k[poisoned, column] = value
                batch.v[poisoned, column] = value
            }
            let out = batch.run(kernels).out
            #expect(out.rows(0..<poisoned).bits == expected.rows(0..<poisoned).bits)
            #expect(out.rows(40..<49).bits == expected.rows(40..<49).bits)
            #expect(out.rows(poisoned..<40).values.allSatisfy { !$0.isFinite })
        }
    }

    @Test("NaN in the gradient of a query stays with what it saw", arguments: SupportedSets.all)
    func gradientMasks(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        let batch = RaggedBatch([(40, 40)], heads: 1, width: 16, causal: true)
        var dOut = Matrix.random(40, 16, seed: 8)
        let expected = batch.run(kernels, dOut: dOut)
        for column in 0..<16 { dOut[20, column] = .nan }
        let result = batch.run(kernels, dOut: dOut)
        #expect(result.dk.rows(21..<40).bits == expected.dk.rows(21..<40).bits)
        #expect(result.dv.rows(21..<40).bits == expected.dv.rows(21..<40).bits)
        #expect(result.dv.rows(0..<21).values.allSatisfy { !$0.isFinite })
        #expect(result.dq.rows(21..<40).bits == expected.dq.rows(21..<40).bits)
        #expect(result.dq.rows(0..<20).bits == expected.dq.rows(0..<20).bits)
    }

    @Test("Sequences that would write the same rows stop the program, in any order; shared keys are read by both")
    func sharedRows() async {
        await #expect(processExitsWith: .success) {
            var batch = RaggedBatch([(3, 5), (4, 0)], heads: 1, width: 2)
            batch.spans = [AttentionSpan(queries: 3..<7, keys: 0..<5), AttentionSpan(queries: 0..<3, keys: 2..<4)]
            _ = batch.run(SupportedSets.reference)
        }
        await #expect(processExitsWith: .failure) {
            var batch = RaggedBatch([(3, 5), (4, 0)], heads: 1, width: 2)
            batch.spans = [AttentionSpan(queries: 3..<7, keys: 0..<2), AttentionSpan(queries: 0..<4, keys: 2..<4)]
            _ = batch.run(SupportedSets.reference)
        }
        await #expect(processExitsWith: .failure) {
            var batch = RaggedBatch([(3, 5), (4, 0)], heads: 1, width: 2)
            batch.spans = [AttentionSpan(queries: 3..<7, keys: 0..<5), AttentionSpan(queries: 0..<3, keys: 2..<4)]
            _ = batch.run(SupportedSets.reference, dOut: Matrix(7, 2))
        }
    }
}
