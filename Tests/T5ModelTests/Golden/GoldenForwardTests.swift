import Kernels
import T5Model
import Testing

/// Encoder output, states, logits and loss of both models in both variants are the reference's, within the tolerances of its data.
@Suite struct GoldenForwardTests {
    @Test("Encoder output, states, logits and loss", arguments: GoldenT5.all)
    func forward(_ golden: GoldenT5) throws {
        let model = try T5Model(golden.parameters(), precision: .float32, kernels: .test()), c = model.configuration
        let batch = try golden.batch(c), encoder = batch.encoderSpans.map(\.queries), decoder = batch.decoderSpans.map(\.queries)
        let expected = try golden.unpadded("encoder_output", encoder), logits = try golden.unpadded("logits", decoder)
        let encoderStates = try (0..<c.encoderLayers).map { try golden.unpadded("hidden.encoder.\($0)", encoder) }
        let decoderStates = try (0..<c.decoderLayers).map { try golden.unpadded("hidden.decoder.\($0)", decoder) }
        model.forward(batch, keepsStates: true) { output in
            #expect(largestDifference(output.encoder.numbers, expected) < 5e-5)
            for (layer, state) in encoderStates.enumerated() {
                #expect(largestDifference(output.encoderState(layer).numbers, state) < 5e-5, "layer \(layer)")
            }
            for (layer, state) in decoderStates.enumerated() {
                #expect(largestDifference(output.decoderState(layer).numbers, state) < 5e-5, "layer \(layer)")
            }
            let rows = batch.decoderTokens.count, memory = AlignedBuffer(byteCount: rows * c.vocabularyCount * 4)
            let out = MutableRows(memory.bytes.assumingMemoryBound(to: Float.self), count: rows, columns: c.vocabularyCount)
            output.logits(0..<rows, into: out)
            #expect(largestDifference(Rows(out).numbers, logits) < 1e-4)
        }
        #expect(try abs(model.loss(batch).mean - golden.number("loss")) < 1e-5)
        // Without states kept, and the encoder alone.
        model.encode(batch) { #expect(largestDifference($0.numbers, expected) < 5e-5) }
    }

    @Test("Each sequence gets in a batch what it gets alone, bit for bit", arguments: GoldenT5.models)
    func alone(_ golden: GoldenT5) throws {
        for precision in [ProductPrecision.float32, .bfloat16] {
            let model = try T5Model(golden.parameters(), precision: precision, kernels: .test())
            let all = try golden.batch(model.configuration)
            let together = model.forward(all) { ($0.encoder.numbers, $0.decoder.numbers) }, width = model.configuration.width
            for row in 0..<all.sequenceCount {
                let alone = try model.forward(golden.batch(model.configuration, [row])) { ($0.encoder.numbers, $0.decoder.numbers) }
                let encoder = all.encoderSpans[row].queries, decoder = all.decoderSpans[row].queries
                #expect(alone.0 == Array(together.0[encoder.lowerBound * width..<encoder.upperBound * width]), "sequence \(row)")
                #expect(alone.1 == Array(together.1[decoder.lowerBound * width..<decoder.upperBound * width]), "sequence \(row)")
            }
        }
    }

    @Test("The losses of the sequences add up to that of the batch", arguments: GoldenT5.models)
    func perSequence(_ golden: GoldenT5) throws {
        let model = try T5Model(golden.parameters(), precision: .float32, kernels: .test())
        let batch = try golden.batch(model.configuration)
        var sum = 0.0, labels = 0
        let loss = model.loss(batch) {
            sum += $1
            labels += $2
        }
        #expect(abs(loss.sum - sum) < 1e-9 && Double(labels) == loss.weight && labels == batch.labelCount)
    }

    @Test("bfloat16 products stay near", arguments: GoldenT5.models)
    func rounded(_ golden: GoldenT5) throws {
        let model = try T5Model(golden.parameters(), precision: .bfloat16, kernels: .test())
        let loss = try golden.number("loss")
        #expect(try abs(model.loss(golden.batch(model.configuration)).mean - loss) < 0.02 * loss)
    }
}
