package import Kernels

/// Sizes to train from scratch, and what they cost.
package enum T5Preset: String, Sendable, CaseIterable {
    /// For tests: learns simple tasks within a minute.
    case tiny
    /// For small catalogues and quick looks.
    case mini
    /// T5 1.0's small model (Raffel et al., 2020).
    case t5Small = "t5-small"

    /// - Parameters:
    ///   - vocabularyCount: Rows of the embedding, items included.
    ///   - itemCount: How many of the last ones are items.
    package func configuration(vocabularyCount: Int, itemCount: Int = 0) -> T5Configuration {
        var c: T5Configuration
        switch self {
        case .tiny:
            c = T5Configuration(
                vocabularyCount: vocabularyCount, width: 64, headWidth: 16, heads: 4, feedForward: 256, encoderLayers: 2)
        case .mini:
            c = T5Configuration(
                vocabularyCount: vocabularyCount, width: 256, headWidth: 32, heads: 8, feedForward: 1_024, encoderLayers: 4)
        case .t5Small:
            c = T5Configuration(
                vocabularyCount: vocabularyCount, width: 512, headWidth: 64, heads: 8, feedForward: 2_048, encoderLayers: 6)
        }
        c.itemCount = itemCount
        return c
    }
}

/// What a model of a configuration costs.
package struct T5Cost: Sendable, Equatable {
    /// Numbers that training changes.
    package let parameterCount: Int
    /// Of parameters, gradients, moments and the packed matrices, in bytes: what training takes without a batch.
    package let fixedByteCount: Int
    /// Of what a token of the encoder, or of the decoder, keeps until the backward pass, in bytes.
    package let bytesPerEncoderToken: Int
    package let bytesPerDecoderToken: Int
    /// The same when layers are run again.
    package let recomputedBytesPerEncoderToken: Int
    package let recomputedBytesPerDecoderToken: Int
    /// Multiplications and additions of the matrix products of a training step, forward and backward, for a token: without attention's,
    /// which grow with the square of a sequence's length.
    package let trainingFLOPsPerEncoderToken: Int
    /// With the logits.
    package let trainingFLOPsPerDecoderToken: Int
    private let attentionWidth: Int
    private let encoderLayers: Int
    private let decoderLayers: Int

    package init(_ c: T5Configuration, precision: ProductPrecision) {
        let layout = T5Layout(c)
        let parameters = layout.entries.reduce(0) { $0 + $1.count }
        let matrices = layout.entries.reduce(0) { $0 + ($1.shape.count == 2 ? $1.count : 0) }
        parameterCount = parameters
        fixedByteCount = layout.count * 16 + matrices * (precision == .bfloat16 ? 2 : 4)
        func bytes(_ encoder: Int, _ decoder: Int, _ kept: KeptActivations) -> Int {
            // Of many rows, so that what is there once does not count.
            let rows = 1 << 16
            func count(_ n: Int) -> Int { ActivationPlan(c, encoderRows: n * encoder, decoderRows: n * decoder, kept: kept).count }
            return (count(2 * rows) - count(rows)) * 4 / rows
        }
        bytesPerEncoderToken = bytes(1, 0, .everything)
        bytesPerDecoderToken = bytes(0, 1, .everything)
        recomputedBytesPerEncoderToken = bytes(1, 0, .layerInputs)
        recomputedBytesPerDecoderToken = bytes(0, 1, .layerInputs)
        // A product's weight is multiplied and added once forward, and twice backward.
        let d = c.width, inner = c.innerWidth, feedForward = d * (c.feedForwardInput + c.feedForward)
        trainingFLOPsPerEncoderToken = 6 * (c.encoderLayers * (4 * d * inner + feedForward) + c.decoderLayers * 2 * d * inner)
        trainingFLOPsPerDecoderToken = 6 * (c.decoderLayers * (6 * d * inner + feedForward) + d * c.vocabularyCount)
        attentionWidth = inner
        encoderLayers = c.encoderLayers
        decoderLayers = c.decoderLayers
    }

    /// All multiplications and additions of a training step on the batch: the products, and the two of attention, whose backward pass
    /// has five of their kind.
    package func trainingFLOPs(_ batch: T5Batch) -> Double {
        var pairs = 0.0
        for (encoder, decoder) in zip(batch.encoderSpans, batch.decoderSpans) {
            let s = Double(encoder.queries.count), t = Double(decoder.queries.count)
            pairs += Double(encoderLayers) * s * s + Double(decoderLayers) * (t * (t + 1) / 2 + t * s)
        }
        let products =
            Double(batch.encoderRows.count) * Double(trainingFLOPsPerEncoderToken)
            + Double(batch.decoderTokens.count) * Double(trainingFLOPsPerDecoderToken)
        return products + pairs * Double(14 * attentionWidth)
    }
}
