/// A text to be written: what is given and what the model chooses, in turns.
///
/// A completion is a prompt and one free part. A form (a rationale's) is several of both: its fixed words are given, not sampled, so that
/// every reply has the form, whatever the model.
package struct Generation: Sendable {
    package enum Part: Sendable {
        /// Tokens that are given: the prompt, or fixed words of a form.
        case given([Int32])
        /// Tokens that the model chooses.
        case written(Writing)
    }

    /// A part that the model writes.
    package struct Writing: Sendable {
        package enum Style: Sendable {
            /// Anything, up to a token that ends the turn or one of the texts, which is left out.
            case free(stops: [String])
            /// One sentence on one line, of at least a few words: control tokens and line breaks are never chosen, and it ends at its
            /// full stop, question or exclamation mark. Where the tokens run out or the model wants to end before, it gets a full stop.
            case sentence
        }

        /// At least 1. A sentence may have one token more: its full stop.
        package var maxTokens: Int
        package var style: Style
        /// Of sentences: no run of so many tokens is chosen twice, which ends the circles that small models go in; 0 for no such rule.
        package var unrepeatedTokens: Int
        /// Of sentences: whether double quotation marks may be chosen, behind which small models copy what they have read.
        package var allowsQuotationMarks: Bool

        package init(maxTokens: Int, style: Style, unrepeatedTokens: Int = 0, allowsQuotationMarks: Bool = true) {
            self.maxTokens = maxTokens
            self.style = style
            self.unrepeatedTokens = unrepeatedTokens
            self.allowsQuotationMarks = allowsQuotationMarks
        }
    }

    package enum Priority: Sendable, CaseIterable {
        /// Somebody waits for it.
        case interactive
        /// Part of a long job: gets what interactive requests leave, but never nothing.
        case bulk
    }

    /// Begins with a given part of at least one token.
    package var parts: [Part]
    package var sampling: Sampling
    package var priority: Priority
    /// When the answer is of no more use; it is given up then, wherever it stands.
    package var deadline: ContinuousClock.Instant?
    /// Tokens in which the next ones may be found after an equal run of tokens (prompt lookup): a review that is being told again. A guess
    /// that is wrong changes nothing but time.
    package var draftSource: [Int32]
    /// Whether text is told as it is written, or only the end.
    package var streams: Bool

    package init(
        parts: [Part], sampling: Sampling = Sampling(), priority: Priority = .interactive, deadline: ContinuousClock.Instant? = nil,
        draftSource: [Int32] = [], streams: Bool = false
    ) {
        self.parts = parts
        self.sampling = sampling
        self.priority = priority
        self.deadline = deadline
        self.draftSource = draftSource
        self.streams = streams
    }

    /// The first given part.
    package var prompt: [Int32] {
        if case .given(let tokens)? = parts.first { tokens } else { [] }
    }

    /// Tokens of the first given part.
    package var promptTokens: Int { prompt.count }

    /// Positions that it may take at most.
    package var mostTokens: Int {
        parts.reduce(0) { sum, part in
            switch part {
            case .given(let tokens): sum + tokens.count
            case .written(let writing): sum + writing.maxTokens + 1
            }
        }
    }
}

/// How tokens are chosen from the model's distribution.
package struct Sampling: Sendable, Equatable {
    /// 0 chooses the most likely token, of equals the one of the lowest number; at most 100.
    package var temperature: Double
    /// Only the most likely tokens that together have this probability are drawn from; 0 and 1 are off.
    package var topP: Double
    /// Only so many of the most likely tokens are drawn from; 0 is off.
    package var topK: Int
    /// The same seed gives the same text, whatever else is being written.
    package var seed: UInt64

    package init(temperature: Double = 0, topP: Double = 0, topK: Int = 0, seed: UInt64 = 0) {
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.seed = seed
    }

    package var isGreedy: Bool { temperature == 0 }
}
