package import Kernels

/// Sequences of any lengths for one pass of a model, without padding: their tokens lie one after the other, a row each, and every matrix
/// product runs over all rows.
///
/// A batch that is emptied and filled again allocates nothing once it has seen the largest.
package struct T5Batch {
    package let configuration: T5Configuration
    /// Whether what is said is items alone: the loss is over the items and not over the whole vocabulary.
    package let saysItems: Bool
    /// What errors call the batch, such as its place in the sampler's order.
    package var name = ""

    /// [S], rows of ``T5Parameters/embeddingAndPrompts``: tokens, and V + soft prompt.
    package private(set) var encoderRows: [Int32] = []
    /// [S], rows of the whole-word embedding; -1 where nothing is added.
    package private(set) var wholeWords: [Int32] = []
    /// [T], what the decoder reads.
    package private(set) var decoderTokens: [Int32] = []
    /// [T], what it is to say after each, as a place among ``outputs``; -1 where anything will do.
    package private(set) var labels: [Int32] = []
    /// [sequences], rows of the encoder.
    package private(set) var encoderSpans: [AttentionSpan] = []
    /// [sequences], rows of the decoder.
    package private(set) var decoderSpans: [AttentionSpan] = []
    /// [sequences], the decoder's rows over the encoder's.
    package private(set) var crossSpans: [AttentionSpan] = []
    /// [sequences], the task; -1 without.
    package private(set) var tasks: [Int32] = []
    /// What is added to sequences' first rows of the decoder.
    private(set) var addedWords = AddedWords()
    private(set) var hasWholeWords = false
    private(set) var longestEncoder = 0
    private(set) var longestDecoder = 0
    /// Labels that count.
    package private(set) var labelCount = 0

    package init(_ configuration: T5Configuration, saysItems: Bool = false) {
        precondition(!saysItems || configuration.itemCount > 0, "a model of words alone says no items")
        self.configuration = configuration
        self.saysItems = saysItems
    }

    /// The tokens that the loss is over.
    package var outputs: Range<Int32> { saysItems ? configuration.items : 0..<Int32(configuration.vocabularyCount) }

    package var sequenceCount: Int { encoderSpans.count }
    /// S + T.
    package var tokenCount: Int { encoderRows.count + decoderTokens.count }

    package mutating func removeAll() {
        name = ""
        encoderRows.removeAll(keepingCapacity: true)
        wholeWords.removeAll(keepingCapacity: true)
        decoderTokens.removeAll(keepingCapacity: true)
        labels.removeAll(keepingCapacity: true)
        encoderSpans.removeAll(keepingCapacity: true)
        decoderSpans.removeAll(keepingCapacity: true)
        crossSpans.removeAll(keepingCapacity: true)
        tasks.removeAll(keepingCapacity: true)
        addedWords.removeAll()
        hasWholeWords = false
        longestEncoder = 0
        longestDecoder = 0
        labelCount = 0
    }

    /// Adds a sequence.
    ///
    /// - Parameters:
    ///   - tokens: The text, with the end token where the model is used to one.
    ///   - wholeWords: Of each token the number of its identifier within the text, 0 for none; nothing is added to the embedding when nil.
    ///   - task: Puts the soft prompts of the task in front.
    ///   - labels: What the decoder is to say, with the end token; -100, and any other negative number, for places that do not count. It
    ///     reads the start token and the labels but the last, the pad token for those that do not count.
    ///   - decoderTokens: What it reads instead, of the same count.
    ///   - startWords: Added to what it reads first, in a model whose items have content.
    /// - Throws: What is out of range; the batch is as it was then.
    package mutating func append(
        tokens: [Int32], wholeWords: [Int32]? = nil, task: Int? = nil, labels: [Int32] = [], decoderTokens: [Int32]? = nil,
        startWords: WeightedWords? = nil
    ) throws(T5InputError) {
        try check(tokens, 0, configuration.vocabularyCount, "token", "the text", "the vocabulary has")
        try check(labels, .min, configuration.vocabularyCount, "label", "the labels", "the vocabulary has")
        for (place, label) in labels.enumerated() where label >= 0 && label < outputs.lowerBound {
            throw fault("label \(label) at place \(place) is no item; the first item is \(outputs.lowerBound)")
        }
        if let wholeWords {
            try check(wholeWords, 0, configuration.wholeWordCount, "whole-word id", "the whole-word ids", "the table has")
            guard wholeWords.count == tokens.count else {
                throw fault("\(wholeWords.count) whole-word ids for \(tokens.count) tokens")
            }
        }
        if let decoderTokens {
            try check(decoderTokens, 0, configuration.vocabularyCount, "token", "the decoder's", "the vocabulary has")
            guard decoderTokens.count == labels.count else {
                throw fault("the decoder reads \(decoderTokens.count) tokens, and there are \(labels.count) labels")
            }
        }
        if let task, !(0..<configuration.taskCount).contains(task) {
            throw fault("task \(task); there are \(configuration.taskCount), the first being 0")
        }
        if let startWords, !startWords.isEmpty {
            try check(startWords.words, 0, configuration.contentWordCount, "word", "the start's", "the content has")
        }
        let prompts = task == nil ? 0 : configuration.promptsPerTask
        guard tokens.count + prompts > 0 else { throw fault("nothing to read: no token and no soft prompt") }
        // Attention numbers a sequence in 32 bits, and its rows.
        guard encoderRows.count + tokens.count + prompts < 1 << 30, self.decoderTokens.count + labels.count < 1 << 30 else {
            throw fault("too much for one batch: \(encoderRows.count) rows, and \(tokens.count + prompts) more")
        }

        let encoderBegin = encoderRows.count, decoderBegin = self.decoderTokens.count
        if let task {
            for prompt in 0..<prompts {
                encoderRows.append(Int32(configuration.vocabularyCount + task * prompts + prompt))
                self.wholeWords.append(-1)
            }
        }
        encoderRows.append(contentsOf: tokens)
        if let wholeWords {
            self.wholeWords.append(contentsOf: wholeWords)
            hasWholeWords = true
        } else {
            for _ in tokens { self.wholeWords.append(-1) }
        }
        for (place, label) in labels.enumerated() {
            let previous = place == 0 ? configuration.startToken : labels[place - 1]
            self.decoderTokens.append(decoderTokens?[place] ?? (previous < 0 ? configuration.padToken : previous))
            self.labels.append(label < 0 ? -1 : label - outputs.lowerBound)
            if label >= 0 { labelCount += 1 }
        }
        if let startWords, !startWords.isEmpty, !labels.isEmpty { addedWords.add(startWords, to: decoderBegin) }
        let encoder = encoderBegin..<encoderRows.count, decoder = decoderBegin..<self.decoderTokens.count
        encoderSpans.append(AttentionSpan(encoder))
        decoderSpans.append(AttentionSpan(decoder))
        crossSpans.append(AttentionSpan(queries: decoder, keys: encoder))
        tasks.append(Int32(task ?? -1))
        longestEncoder = max(longestEncoder, encoder.count)
        longestDecoder = max(longestDecoder, decoder.count)
    }

    private func check(
        _ ids: [Int32], _ least: Int, _ end: Int, _ what: String, _ place: String, _ table: String
    ) throws(T5InputError) {
        for (index, id) in ids.enumerated() where Int(id) < least || Int(id) >= end {
            throw fault("\(what) \(id) at place \(index) of \(place); \(table) \(end), the first being 0")
        }
    }

    private func fault(_ message: String) -> T5InputError {
        T5InputError("batch\(name.isEmpty ? "" : " '\(name)'"), sequence \(sequenceCount): \(message)")
    }
}

/// What a model cannot read: which sequence, which place, and what is possible there.
package struct T5InputError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
