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
    /// [items, D]: the head's rows of items; nil in a model of words alone.
    package let itemHead: PackedWeights?
    package private(set) var content: ItemContent?
    /// The embedding with the items' content; empty without.
    let used: AlignedBuffer

    /// - Parameter content: of the items, where the configuration has words for it.
    package init(_ parameters: T5Parameters, precision: ProductPrecision, kernels: Kernels, content: ItemContent? = nil) {
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
        precondition((content != nil) == (c.contentWordCount > 0), "items' content and the words for it belong together")
        self.content = content
        used = AlignedBuffer(byteCount: content == nil ? 0 : (c.vocabularyCount + c.promptCount) * c.width * MemoryLayout<Float>.stride)
        // Packed right below, when the embedding is whole.
        head = packed(parameters.head)
        itemHead = c.itemCount == 0 ? nil : packed(parameters.head[c.baseVocabularyCount..<c.vocabularyCount])
        if content != nil { packHead(parameters, kernels: kernels) }
    }

    /// Takes other content, of the same words: more is known of the items. To be followed by ``pack(_:kernels:)``.
    package func replaceContent(_ content: ItemContent) {
        precondition(self.content != nil, "content for a model without")
        self.content = content
    }

    private func packHead(_ parameters: T5Parameters, kernels: Kernels) {
        addContent(parameters, kernels: kernels)
        let rows = head(parameters), c = parameters.configuration
        head.pack(rows, kernels: kernels)
        itemHead?.pack(rows[c.baseVocabularyCount..<c.vocabularyCount], kernels: kernels)
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
        packHead(parameters, kernels: kernels)
    }

    /// What all packed matrices take.
    package var byteCount: Int {
        let stack =
            encoder.map { [$0.attention.input, $0.attention.output, $0.feedForward.input, $0.feedForward.output] }
            + decoder.map {
                [$0.attention.input, $0.attention.output, $0.cross.input, $0.cross.output, $0.feedForward.input, $0.feedForward.output]
            }
        return (stack.flatMap { $0 } + [crossKeysValues, head] + (itemHead.map { [$0] } ?? [])).reduce(used.byteCount) { $0 + $1.byteCount }
    }
}
