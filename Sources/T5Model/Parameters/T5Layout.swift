/// Where each parameter lies in the one block of a model: by the names of `transformers`, and by what the layers need.
///
/// What is multiplied with the same input stands next to each other, so that it is one matrix and one product: a layer's q, k and v;
/// gate and up; the k and v of all layers of the decoder over the encoder's output; the embedding and the soft prompts.
package struct T5Layout: Sendable {
    /// A parameter.
    package struct Entry: Sendable, Equatable {
        package let name: String
        /// [rows, columns], or [columns] of a norm.
        package let shape: [Int]
        /// Where it begins, in numbers from the block's beginning.
        package let offset: Int
        package var count: Int { shape.reduce(1, *) }
        package var range: Range<Int> { offset..<offset + count }
    }

    struct SelfAttention: Sendable {
        /// [D].
        let norm: Int
        /// [3 I, D].
        let input: Int
        /// [D, I].
        let output: Int
    }

    struct CrossAttention: Sendable {
        let norm: Int
        /// [I, D].
        let query: Int
        /// [D, I].
        let output: Int
    }

    struct FeedForward: Sendable {
        let norm: Int
        /// [F, D], or [2 F, D].
        let input: Int
        /// [D, F].
        let output: Int
    }

    struct EncoderLayer: Sendable {
        let attention: SelfAttention
        let feedForward: FeedForward
    }

    struct DecoderLayer: Sendable {
        let attention: SelfAttention
        let cross: CrossAttention
        let feedForward: FeedForward
    }

    /// All parameters, in the order of the block.
    package let entries: [Entry]
    /// Numbers in the block, with the gaps between parameters, which are zero for ever.
    package let count: Int
    private let index: [String: Int]

    /// [V, D], and the soft prompts [tasks · prompts, D] behind it.
    let embedding: Int
    /// [wholeWords, D].
    let wholeWords: Int
    /// [V, D], the embedding when tied.
    let head: Int
    /// [buckets, H].
    let encoderBias: Int
    let decoderBias: Int
    /// [D].
    let encoderNorm: Int
    let decoderNorm: Int
    let encoder: [EncoderLayer]
    let decoder: [DecoderLayer]
    /// [L · 2 I, D]: keys and values of each layer of the decoder.
    let crossKeysValues: Int
    /// [words, D].
    let itemContent: Int

    /// The names of our own parts, which `transformers` does not know.
    package static let promptsName = "prompt_embeddings.weight"
    package static let wholeWordsName = "whole_word_embeddings.weight"
    package static let headName = "lm_head.weight"
    package static let embeddingName = "shared.weight"
    package static let itemContentName = "item_content.weight"
    /// Parameters that `transformers` does not know.
    package static func isExtra(_ name: String) -> Bool { [promptsName, wholeWordsName, itemContentName].contains(name) }

    package init(_ c: T5Configuration) {
        precondition(c.fault == nil, "a T5 configuration that cannot be built: \(c.fault ?? "")")
        var builder = Builder()
        let d = c.width, inner = c.innerWidth
        embedding = builder.group([
            (Self.embeddingName, [c.vocabularyCount, d]), (Self.promptsName, [c.promptCount, d]),
        ])
        wholeWords = builder.group([(Self.wholeWordsName, [c.wholeWordCount, d])])

        func norm(_ place: String) -> Int { builder.group([("\(place).weight", [d])]) }
        func attention(_ place: String, _ kind: String) -> SelfAttention {
            SelfAttention(
                norm: norm("\(place).layer_norm"),
                input: builder.group(["q", "k", "v"].map { ("\(place).\(kind).\($0).weight", [inner, d]) }),
                output: builder.group([("\(place).\(kind).o.weight", [d, inner])]))
        }
        func feedForward(_ place: String) -> FeedForward {
            let names = c.isGated ? ["wi_0", "wi_1"] : ["wi"]
            return FeedForward(
                norm: norm("\(place).layer_norm"),
                input: builder.group(names.map { ("\(place).DenseReluDense.\($0).weight", [c.feedForward, d]) }),
                output: builder.group([("\(place).DenseReluDense.wo.weight", [d, c.feedForward])]))
        }
        func bias(_ stack: String) -> Int {
            builder.group([("\(stack).block.0.layer.0.SelfAttention.relative_attention_bias.weight", [c.bucketCount, c.heads])])
        }

        encoderBias = bias("encoder")
        encoder = (0..<c.encoderLayers).map {
            let place = "encoder.block.\($0).layer"
            return EncoderLayer(attention: attention("\(place).0", "SelfAttention"), feedForward: feedForward("\(place).1"))
        }
        encoderNorm = norm("encoder.final_layer_norm")
        decoderBias = bias("decoder")
        crossKeysValues = builder.group(
            (0..<c.decoderLayers).flatMap { layer in
                ["k", "v"].map { ("decoder.block.\(layer).layer.1.EncDecAttention.\($0).weight", [inner, d]) }
            })
        decoder = (0..<c.decoderLayers).map {
            let place = "decoder.block.\($0).layer"
            return DecoderLayer(
                attention: attention("\(place).0", "SelfAttention"),
                cross: CrossAttention(
                    norm: norm("\(place).1.layer_norm"), query: builder.group([("\(place).1.EncDecAttention.q.weight", [inner, d])]),
                    output: builder.group([("\(place).1.EncDecAttention.o.weight", [d, inner])])),
                feedForward: feedForward("\(place).2"))
        }
        decoderNorm = norm("decoder.final_layer_norm")
        head = c.isTied ? embedding : builder.group([(Self.headName, [c.vocabularyCount, d])])
        // A tensor without numbers is no tensor to a file.
        itemContent = c.contentWordCount == 0 ? builder.count : builder.group([(Self.itemContentName, [c.contentWordCount, d])])
        entries = builder.entries
        count = builder.count
        index = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    }

    /// The parameter of that name.
    package subscript(name: String) -> Entry? { index[name].map { entries[$0] } }

    /// Puts groups one after the other, each on a cache line's boundary.
    private struct Builder {
        var entries: [Entry] = []
        var count = 0

        mutating func group(_ parameters: [(name: String, shape: [Int])]) -> Int {
            let begin = count
            for (name, shape) in parameters {
                let entry = Entry(name: name, shape: shape, offset: count)
                entries.append(entry)
                count += entry.count
            }
            count = (count + 15) / 16 * 16
            return begin
        }
    }
}
