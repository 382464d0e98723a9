/// What comes of a ``Generation``.
package enum GenerationEvent: Sendable {
    /// Whole characters, and the tokens that were chosen for them; only of requests that stream.
    case text(String, tokens: [Int32])
    /// The end.
    case finished(GenerationResult)
}

package struct GenerationResult: Sendable, Equatable {
    package enum FinishReason: String, Sendable {
        /// At its own end, or a stop text.
        case stop
        /// At its budget.
        case length
    }

    /// A part that was written.
    package struct Written: Sendable, Equatable {
        /// Without what ended it, but with a sentence's full stop.
        package let text: String
        package let tokens: [Int32]
        package let finish: FinishReason

        package init(text: String, tokens: [Int32], finish: FinishReason) {
            self.text = text
            self.tokens = tokens
            self.finish = finish
        }
    }

    /// One for each written part, in order.
    package let written: [Written]
    /// Tokens of the first given part, and how many of them had been computed for an earlier request.
    package let promptTokens: Int
    package let cachedTokens: Int

    package init(written: [Written], promptTokens: Int, cachedTokens: Int) {
        self.written = written
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
    }

    package var generatedTokens: Int { written.reduce(0) { $0 + $1.tokens.count } }
}

/// Why a generation has no result.
package enum GenerationError: Error, Sendable, Equatable {
    /// The queue is full; there may be room after the time.
    case overloaded(String, retryAfter: Duration)
    /// It can never be written here: longer than the context, empty, or out of range.
    case invalid(String)
    /// Its deadline has passed.
    case deadlineExceeded
    /// Whoever asked has gone.
    case cancelled
    /// The engine is stopping.
    case stopping
    /// The model gave no numbers: its weights are damaged.
    case failed(String)
}
