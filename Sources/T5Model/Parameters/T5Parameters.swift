package import Kernels

/// The float32 numbers of all parameters of a model in one block, or their gradients or moments: whatever concerns all of them alike
/// (the optimiser, norms, checkpoints) is an operation on a flat array.
///
/// Reading is safe from any number of threads while nobody writes.
package final class T5Parameters: @unchecked Sendable {
    // Who writes when is the affair of its holder, which is one trainer.
    package let configuration: T5Configuration
    package let layout: T5Layout
    private let memory: AlignedBuffer

    /// All zero.
    package init(_ configuration: T5Configuration) {
        self.configuration = configuration
        layout = T5Layout(configuration)
        memory = AlignedBuffer(byteCount: layout.count * MemoryLayout<Float>.stride)
        memory.bytes.initializeMemory(as: Float.self, repeating: 0, count: layout.count)
    }

    var base: UnsafeMutablePointer<Float> { memory.bytes.assumingMemoryBound(to: Float.self) }

    /// The whole block, gaps included.
    package var values: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: base, count: layout.count) }

    /// Numbers that training changes, without gaps.
    package var parameterCount: Int { layout.entries.reduce(0) { $0 + $1.count } }

    /// The parameter of that name, row-major.
    package subscript(name: String) -> UnsafeMutableBufferPointer<Float>? {
        layout[name].map { UnsafeMutableBufferPointer(rebasing: values[$0.range]) }
    }

    package func copy(from other: T5Parameters) {
        precondition(configuration == other.configuration, "parameters of another configuration")
        base.update(from: other.base, count: layout.count)
    }

    func rows(_ offset: Int, _ count: Int, _ columns: Int) -> MutableRows {
        precondition(offset + count * columns <= layout.count, "rows past the end of the parameters")
        return MutableRows(base + offset, count: count, columns: columns)
    }

    /// [V, D].
    package var embedding: MutableRows { rows(layout.embedding, configuration.vocabularyCount, configuration.width) }
    /// [V + tasks · prompts, D]: the embedding, and the soft prompts of task 0, 1, .. behind it.
    package var embeddingAndPrompts: MutableRows {
        rows(layout.embedding, configuration.vocabularyCount + configuration.promptCount, configuration.width)
    }
    /// [wholeWords, D].
    package var wholeWords: MutableRows { rows(layout.wholeWords, configuration.wholeWordCount, configuration.width) }
    /// [V, D]: what the decoder's states are multiplied with for logits.
    package var head: MutableRows { rows(layout.head, configuration.vocabularyCount, configuration.width) }
    /// [words, D]: what a word of an item's content adds to its row.
    package var itemContent: MutableRows { rows(layout.itemContent, configuration.contentWordCount, configuration.width) }
    /// [buckets, H].
    package var encoderBias: MutableRows { rows(layout.encoderBias, configuration.bucketCount, configuration.heads) }
    package var decoderBias: MutableRows { rows(layout.decoderBias, configuration.bucketCount, configuration.heads) }
    /// [D].
    package var encoderNorm: UnsafeMutablePointer<Float> { base + layout.encoderNorm }
    package var decoderNorm: UnsafeMutablePointer<Float> { base + layout.decoderNorm }
    /// [L · 2 I, D]: of each layer of the decoder the keys' rows, then the values'.
    package var crossKeysValues: MutableRows {
        rows(layout.crossKeysValues, configuration.decoderLayers * 2 * configuration.innerWidth, configuration.width)
    }
}

/// The weights of a layer's attention, or their gradients.
package struct AttentionParameters {
    /// [D].
    package let norm: UnsafeMutablePointer<Float>
    /// [3 I, D]: q, k and v; of attention across [I, D]: q.
    package let input: MutableRows
    /// [D, I].
    package let output: MutableRows
}

/// The weights of a feed-forward layer, or their gradients.
package struct FeedForwardParameters {
    /// [D].
    package let norm: UnsafeMutablePointer<Float>
    /// [F, D], or gate and up, [2 F, D].
    package let input: MutableRows
    /// [D, F].
    package let output: MutableRows
}

extension T5Parameters {
    package func encoderAttention(_ layer: Int) -> AttentionParameters { attention(layout.encoder[layer].attention) }
    package func encoderFeedForward(_ layer: Int) -> FeedForwardParameters { feedForward(layout.encoder[layer].feedForward) }
    package func decoderAttention(_ layer: Int) -> AttentionParameters { attention(layout.decoder[layer].attention) }
    package func decoderFeedForward(_ layer: Int) -> FeedForwardParameters { feedForward(layout.decoder[layer].feedForward) }
    package func decoderCross(_ layer: Int) -> AttentionParameters {
        let at = layout.decoder[layer].cross, c = configuration
        return AttentionParameters(
            norm: base + at.norm, input: rows(at.query, c.innerWidth, c.width), output: rows(at.output, c.width, c.innerWidth))
    }

    private func attention(_ at: T5Layout.SelfAttention) -> AttentionParameters {
        let c = configuration
        return AttentionParameters(
            norm: base + at.norm, input: rows(at.input, 3 * c.innerWidth, c.width), output: rows(at.output, c.width, c.innerWidth))
    }

    private func feedForward(_ at: T5Layout.FeedForward) -> FeedForwardParameters {
        let c = configuration
        return FeedForwardParameters(
            norm: base + at.norm, input: rows(at.input, c.feedForwardInput, c.width), output: rows(at.output, c.width, c.feedForward))
    }
}
