import Kernels
import Testing

/// Attention whose products are in bfloat16. With sets that have no tiles it is float32's, to the last bit.
@Suite struct RoundedAttentionTests {
    typealias Form = RaggedAttentionTests.Form

    /// The form's lengths, and some around blocks of 64 queries and of 32 keys.
    private func batch(_ form: Form, rate: Float = 0) -> RaggedBatch {
        let long = form.across ? [(64, 65), (130, 97), (3, 200)] : [(64, 64), (65, 65), (130, 130)]
        var batch = RaggedBatch(form.lengths + long, heads: 2, width: form.width, causal: form.causal, bias: form.bias)
        batch.rate = rate
        batch.precision = .bfloat16
        return batch
    }

    @Test("The forward pass is the definition on rounded numbers, within the rounding of probabilities", arguments: Form.all)
    func agreesWithDefinition(_ form: Form) {
        let batch = batch(form)
        var rounded = batch
        for matrix in [\RaggedBatch.q, \.k, \.v] { rounded[keyPath: matrix].values = batch[keyPath: matrix].values.map(roundedToBFloat16) }
        let expected = AttentionDefinition.ragged(rounded)
        for set in SupportedSets.all where set == .avx512AMX {
            let result = batch.run(SupportedSets.kernels(set))
            // Each probability is off by at most 2^-9 of itself, and sums of them may cancel.
            #expect(normalisedMeanSquareError(result.out.values, expected) < 0x1p-16)
        }
    }

    @Test("Gradients are near the slow twin's, with and without dropout", arguments: Form.all)
    func gradients(_ form: Form) throws {
        for rate: Float in [0, 0.4] {
            let batch = batch(form, rate: rate), dOut = Matrix.random(batch.q.count, batch.q.columns, seed: 8)
            var exact = batch
            exact.precision = .float32
            let twin = exact.run(SupportedSets.reference, dOut: dOut)
            for set in SupportedSets.all {
                let result = batch.run(SupportedSets.kernels(set), dOut: dOut)
                // Inputs, probabilities and their gradients are each off by at most 2^-9 of themselves: 0.4 % of a sum with three of them.
                for (got, wanted) in [
                    (result.out, twin.out), (result.logSums, twin.logSums), (result.dq, twin.dq), (result.dk, twin.dk),
                    (result.dv, twin.dv),
                ] { #expect(normalisedMeanSquareError(got, wanted) < 3.5e-5, "\(set), rate \(rate)") }
                guard form.bias else { continue }
                let (dBias, expected) = (try #require(result.dBias), try #require(twin.dBias))
                #expect(normalisedMeanSquareError(dBias, expected) < 3.5e-5, "\(set), rate \(rate)")
            }
        }
    }

    @Test("Sets without tiles give float32's bits", arguments: SupportedSets.all.filter { $0 != .avx512AMX })
    func others(_ set: InstructionSet) {
        let exact = RaggedBatch([(20, 20), (40, 40)], heads: 2, width: 16, causal: true, bias: true)
        var rounded = exact
        rounded.precision = .bfloat16
        let kernels = SupportedSets.kernels(set), dOut = Matrix.random(60, 32, seed: 8)
        let (one, other) = (rounded.run(kernels, dOut: dOut), exact.run(kernels, dOut: dOut))
        #expect(one.out.bits == other.out.bits && one.dq.bits == other.dq.bits && one.dk.bits == other.dk.bits)
    }

    @Test("A sequence's bits do not depend on the batch around it, nor on the threads", arguments: Form.all, SupportedSets.all)
    func independence(_ form: Form, _ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set), batch = batch(form, rate: 0.4)
        let dOut = Matrix.random(batch.q.count, batch.q.columns, seed: 8)
        let together = batch.run(kernels, dOut: dOut)
        for (index, span) in batch.spans.enumerated() {
            let alone = batch.alone(index).run(kernels, dOut: dOut.rows(span.queries))
            #expect(alone.out.bits == together.out.rows(span.queries).bits, "sequence \(index)")
            #expect(alone.dq.bits == together.dq.rows(span.queries).bits, "sequence \(index)")
            #expect(alone.dk.bits == together.dk.rows(span.keys).bits, "sequence \(index)")
            #expect(alone.dv.bits == together.dv.rows(span.keys).bits, "sequence \(index)")
        }
        let threaded = batch.run(SupportedSets.make(set, team: SupportedSets.team(5)), dOut: dOut)
        #expect(threaded.out.bits == together.out.bits && threaded.dk.bits == together.dk.bits)
        #expect(threaded.dBias?.bits == together.dBias?.bits)
    }

    @Test("Dropout takes away what it takes away in float32", arguments: SupportedSets.all)
    func dropout(_ set: InstructionSet) {
        // Row i of the values has its only number in column i, so that the result shows each probability.
        var batch = RaggedBatch([(70, 100)], heads: 1, width: 100)
        batch.v = Matrix(100, 100)
        batch.rate = 0.4
        for i in 0..<100 { batch.v[i, i] = 64 }
        let exact = batch.run(SupportedSets.kernels(set)).out
        batch.precision = .bfloat16
        let rounded = batch.run(SupportedSets.kernels(set)).out
        #expect(rounded.values.map { $0 == 0 } == exact.values.map { $0 == 0 })
    }

    @Test("What is hidden stays hidden, even when it is not a number", arguments: SupportedSets.all, [Float.nan, .infinity, 3.4e38])
    func hiddenNumbers(_ set: InstructionSet, _ strange: Float) {
        let kernels = SupportedSets.kernels(set), dOut = Matrix.random(49, 32, seed: 8)
        var batch = RaggedBatch([(40, 40), (9, 9)], heads: 2, width: 16, causal: true)
        let exact = batch.run(kernels, dOut: dOut)
        batch.precision = .bfloat16
        let clean = batch.run(kernels, dOut: dOut)
        for column in 0..<32 { (batch.k[30, column], batch.v[30, column]) = (strange, strange) }
        let result = batch.run(kernels, dOut: dOut)
        // That sequence is float32's, the other one as it was.
        #expect(result.out.rows(0..<30).bits == exact.out.rows(0..<30).bits)
        #expect(result.out.rows(40..<49).bits == clean.out.rows(40..<49).bits)
        #expect(result.dv.rows(40..<49).bits == clean.dv.rows(40..<49).bits)
        let reached = result.out.rows(30..<40).values.contains { !$0.isFinite }
        #expect(reached || strange.isFinite)
        #expect(result.dq.rows(0..<30).values.allSatisfy { $0.isFinite })
    }
}
