package import Kernels

/// A model's matrices packed for the products of one instruction set and precision: what forward passes multiply with. Packed again after
/// each step of the optimiser; reading is safe from any number of threads, packing is not.
package final class T5Weights: @unchecked Sendable {
    // Who packs when is the affair of its holder, which is one model.
    package struct Attention {
        /// [3 I, D]: q, k and v; of attention across [I, D]: q.
        package let input: PackedWeights
        /// [D, I].
        package let output: PackedWeights
    }

    package struct FeedForward {
        /// [F, D], or gate and up, [2 F, D].
        package let input: PackedWeights
        /// [D, F].
        package let output: PackedWeights
    }

    package struct EncoderLayer {
        package let attention: Attention
        package let feedForward: FeedForward
    }

    package struct DecoderLayer {
        package let attention: Attention
        package let cross: Attention
        package let feedForward: FeedForward
    }

    package let precision: ProductPrecision
    package let encoder: [EncoderLayer]
    package let decoder: [DecoderLayer]
    /// [L · 2 I, D]: keys and values of all layers of the decoder, of the encoder's output.
    package let crossKeysValues: PackedWeights
    /// [V, D]. Products give logits before ``T5Configuration/logitScale``.
    package let head: PackedWeights

    package init(_ parameters: T5Parameters, precision: ProductPrecision, kernels: Kernels) {
        func packed(_ rows: MutableRows) -> PackedWeights { PackedWeights(Rows(rows), precision: precision, kernels: kernels) }
        func attention(_ p: AttentionParameters) -> Attention { Attention(input: packed(p.input), output: packed(p.output)) }
        func feedForward(_ p: FeedForwardParameters) -> FeedForward { FeedForward(input: packed(p.input), output: packed(p.output)) }
        let c = parameters.configuration
        self.precision = precision
        encoder = (0..<c.encoderLayers).map {
            EncoderLayer(attention: attention(parameters.encoderAttention($0)), feedForward: feedForward(parameters.encoderFeedForward($0)))
        }
        decoder = (0..<c.decoderLayers).map {
            DecoderLayer(
                attention: attention(parameters.decoderAttention($0)), cross: attention(parameters.decoderCross($0)),
                feedForward: feedForward(parameters.decoderFeedForward($0)))
        }
        crossKeysValues = packed(parameters.crossKeysValues)
        head = packed(parameters.head)
    }

    /// Packs the present numbers of parameters of the same configuration.
    package func pack(_ parameters: T5Parameters, kernels: Kernels) {
        func attention(_ weights: Attention, _ p: AttentionParameters) {
            weights.input.pack(Rows(p.input), kernels: kernels)
            weights.output.pack(Rows(p.output), kernels: kernels)
        }
        func feedForward(_ weights: FeedForward, _ p: FeedForwardParameters) {
            weights.input.pack(Rows(p.input), kernels: kernels)
            weights.output.pack(Rows(p.output), kernels: kernels)
        }
        for (index, layer) in encoder.enumerated() {
            attention(layer.attention, parameters.encoderAttention(index))
            feedForward(layer.feedForward, parameters.encoderFeedForward(index))
        }
        for (index, layer) in decoder.enumerated() {
            attention(layer.attention, parameters.decoderAttention(index))
            attention(layer.cross, parameters.decoderCross(index))
            feedForward(layer.feedForward, parameters.decoderFeedForward(index))
        }
        crossKeysValues.pack(Rows(parameters.crossKeysValues), kernels: kernels)
        head.pack(Rows(parameters.head), kernels: kernels)
    }

    /// What all packed matrices take.
    package var byteCount: Int {
        let stack =
            encoder.map { [$0.attention.input, $0.attention.output, $0.feedForward.input, $0.feedForward.output] }
            + decoder.map {
                [$0.attention.input, $0.attention.output, $0.cross.input, $0.cross.output, $0.feedForward.input, $0.feedForward.output]
            }
        return (stack.flatMap { $0 } + [crossKeysValues, head]).reduce(0) { $0 + $1.byteCount }
    }
}
