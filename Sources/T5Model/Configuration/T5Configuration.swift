package import Kernels

/// The sizes of a T5 encoder-decoder (Raffel et al., 2020; version 1.1 after Shazeer, 2020) with RDRec's parts.
///
/// Letters in the comments of this target: D width, I = heads · headWidth, F feedForward, V vocabularyCount, H heads; S rows of the
/// encoder, T rows of the decoder; L layers of a stack.
package struct T5Configuration: Sendable, Equatable {
    /// V: rows of the embedding. Items that have a token of their own are the last ones.
    package var vocabularyCount: Int
    /// How many of the vocabulary's last rows are items; 0 in a model of words alone.
    package var itemCount = 0
    /// D: numbers in a token's state, `d_model`.
    package var width: Int
    /// Numbers in a head, `d_kv`.
    package var headWidth: Int
    /// H, `num_heads`.
    package var heads: Int
    /// F: numbers between a feed-forward layer's products, `d_ff`.
    package var feedForward: Int
    /// `num_layers`.
    package var encoderLayers: Int
    /// `num_decoder_layers`.
    package var decoderLayers: Int
    /// Between a feed-forward layer's products; `gated-gelu` is the tanh form.
    package var activation = Activation.relu
    /// f(gate) · up in the place of f(x): T5 1.1 and Flan-T5.
    package var isGated = false
    /// The output uses the embedding, and the decoder's states are multiplied by D^-1/2 before it. A matrix of its own, `lm_head`,
    /// and no factor otherwise.
    package var isTied = true
    /// `relative_attention_num_buckets`.
    package var bucketCount = 32
    /// `relative_attention_max_distance`.
    package var maximumDistance = 128
    package var normEpsilon: Float = 1e-6
    /// While training, 0 ..< 1.
    package var dropoutRate: Float = 0.1
    /// Whether the decoder's last states are dropped from, as T5 has it. Of few numbers to tell thousands of items by, each counts.
    package var dropsDecoderOutput = true
    package var padToken: Int32 = 0
    package var endToken: Int32 = 1
    /// What the decoder reads first.
    package var startToken: Int32 = 0
    /// RDRec's tasks, each with soft prompts of its own.
    package var taskCount = 5
    /// Soft prompts, rows in front of the text.
    package var promptsPerTask = 3
    /// Rows of the whole-word embedding; row 0 stands for "not part of an identifier".
    package var wholeWordCount = 512
    /// Words that items' content is told in, see ``ItemContent``; 0 in a model without.
    package var contentWordCount = 0

    package init(
        vocabularyCount: Int, width: Int, headWidth: Int, heads: Int, feedForward: Int, encoderLayers: Int, decoderLayers: Int? = nil
    ) {
        self.vocabularyCount = vocabularyCount
        self.width = width
        self.headWidth = headWidth
        self.heads = heads
        self.feedForward = feedForward
        self.encoderLayers = encoderLayers
        self.decoderLayers = decoderLayers ?? encoderLayers
    }

    /// I.
    package var innerWidth: Int { heads * headWidth }
    /// Outputs of a feed-forward layer's first product: F, or 2 F where gate and up stand side by side.
    package var feedForwardInput: Int { isGated ? 2 * feedForward : feedForward }
    /// Rows of the soft prompts of all tasks.
    package var promptCount: Int { taskCount * promptsPerTask }
    /// Rows of the vocabulary that are not items.
    package var baseVocabularyCount: Int { vocabularyCount - itemCount }
    /// The tokens of items.
    package var items: Range<Int32> { Int32(baseVocabularyCount)..<Int32(vocabularyCount) }
    /// What logits are multiplied by.
    package var logitScale: Float { isTied ? 1 / Float(width).squareRoot() : 1 }
    package var encoderBuckets: RelativePositionBuckets {
        RelativePositionBuckets(bidirectional: true, count: bucketCount, maximumDistance: maximumDistance)
    }
    package var decoderBuckets: RelativePositionBuckets {
        RelativePositionBuckets(bidirectional: false, count: bucketCount, maximumDistance: maximumDistance)
    }

    /// What keeps a model of these sizes from being built, in a sentence; nil when nothing does.
    package var fault: String? {
        let lastToken = max(vocabularyCount, 1) - 1
        let sizes: [(String, Int, ClosedRange<Int>)] = [
            ("the vocabulary", vocabularyCount, 1...1 << 26), ("d_model", width, 1...1 << 16), ("d_kv", headWidth, 1...1_024),
            ("num_heads", heads, 1...1_024), ("d_ff", feedForward, 1...1 << 18), ("num_layers", encoderLayers, 1...1_024),
            ("num_decoder_layers", decoderLayers, 1...1_024), ("relative_attention_num_buckets", bucketCount, 4...1 << 16),
            ("relative_attention_max_distance", maximumDistance, 2...1 << 24), ("the number of items", itemCount, 0...lastToken),
            ("the number of tasks", taskCount, 0...1 << 8), ("the soft prompts of a task", promptsPerTask, 0...1 << 8),
            ("the whole-word rows", wholeWordCount, 1...1 << 16), ("the words of items' content", contentWordCount, 0...1 << 24),
            ("pad_token_id", Int(padToken), 0...lastToken),
            ("eos_token_id", Int(endToken), 0...lastToken), ("decoder_start_token_id", Int(startToken), 0...lastToken),
        ]
        for (name, value, range) in sizes where !range.contains(value) {
            return "\(name) is \(value); \(range.lowerBound) to \(range.upperBound) are possible"
        }
        guard bucketCount % 2 == 0, maximumDistance > bucketCount / 2 else {
            return
                "\(bucketCount) relative_attention_num_buckets up to relative_attention_max_distance \(maximumDistance): the first has to be even, the second more than half of it"
        }
        guard contentWordCount == 0 || (isTied && itemCount > 0) else {
            return "the content of items belongs to a tied model with items of its own"
        }
        guard normEpsilon > 0, normEpsilon < 1 else { return "layer_norm_epsilon is \(normEpsilon), which is not between 0 and 1" }
        guard dropoutRate >= 0, dropoutRate < 1 else { return "dropout_rate is \(dropoutRate), which is not in 0 ..< 1" }
        return nil
    }
}
