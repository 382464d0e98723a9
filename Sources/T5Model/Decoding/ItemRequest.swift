/// What items are asked for by: what the encoder reads, what the decoder has read, and which items there may be.
package struct ItemRequest: Sendable {
    package var tokens: [Int32]
    /// Of each token the number of its identifier; nothing is added to the embedding when nil.
    package var wholeWords: [Int32]?
    /// Puts the task's soft prompts in front.
    package var task: RecommendationTask?
    /// What the decoder reads after its start token and before the item, such as a history of atomic items.
    package var decoderTokens: [Int32]
    /// Added to its start token, in a model whose items have content.
    package var startWords: WeightedWords?
    /// Which items there may be.
    package var view: CatalogueView

    package init(
        tokens: [Int32], wholeWords: [Int32]? = nil, task: RecommendationTask? = nil, decoderTokens: [Int32] = [],
        startWords: WeightedWords? = nil, view: CatalogueView
    ) {
        self.tokens = tokens
        self.wholeWords = wholeWords
        self.task = task
        self.decoderTokens = decoderTokens
        self.startWords = startWords
        self.view = view
    }

    package init(_ prompt: EncodedPrompt, view: CatalogueView) {
        self.init(tokens: prompt.tokens, wholeWords: prompt.wholeWords, task: prompt.task, view: view)
    }
}

/// What the score of an item is the sum of.
package enum ScoreBasis: String, Sendable, CaseIterable {
    /// log p(token) among all tokens of the vocabulary: log p(item) of the model as it is, what a loss reports. What the trie forbids has
    /// its share, so that the probabilities of all items add up to less than 1. Costs a product with the whole head for each hypothesis.
    case vocabulary
    /// log p(token) among the tokens that lead to an item of the request's view: log p(item | it is one of the view, token by token). The
    /// probabilities of the view's items add up to 1. Costs the logits of these tokens alone.
    case allowed
}

/// An item, and how good it is: a sum of log-probabilities in nats, 0 or less.
package struct ScoredItem: Sendable, Equatable {
    package let item: Int
    package let score: Double

    package init(item: Int, score: Double) {
        self.item = item
        self.score = score
    }
}
