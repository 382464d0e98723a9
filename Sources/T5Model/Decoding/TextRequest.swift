/// A prompt that is answered in words.
package struct TextRequest: Sendable {
    package var tokens: [Int32]
    /// Of each token the number of its identifier; nothing is added to the embedding when nil.
    package var wholeWords: [Int32]?
    /// Puts the task's soft prompts in front.
    package var task: RecommendationTask?

    package init(tokens: [Int32], wholeWords: [Int32]? = nil, task: RecommendationTask? = nil) {
        self.tokens = tokens
        self.wholeWords = wholeWords
        self.task = task
    }

    package init(_ prompt: EncodedPrompt) {
        self.init(tokens: prompt.tokens, wholeWords: prompt.wholeWords, task: prompt.task)
    }
}

/// How words are searched for.
package struct TextSearch: Sendable {
    /// Hypotheses that go on; 1 takes the most probable token each time.
    package var beams = 1
    /// Groups that the beams are divided into, each of which is kept from saying what those before it say at the same place (Vijayakumar et
    /// al., "Diverse beam search", AAAI 2018).
    package var groups = 1
    /// What a token loses for each time that a group before has it at this place, in nats.
    package var diversityPenalty = 0.0
    /// Scores are sums of log-probabilities over (number of tokens, the end token included) to this power.
    package var lengthPenalty = 1.0
    package var earlyStopping = EarlyStopping.heuristic
    /// Tokens at most, 1 or more, the end token included.
    package var mostTokens = 50
    /// Tokens before the end token at least.
    package var fewestTokens = 0
    /// No run of so many tokens comes twice in a text, as `no_repeat_ngram_size` of `transformers` has it; 0 forbids nothing.
    package var unrepeatedTokens = 0
    /// Tokens below this are said, and no others: sentinels and items behind the words are none. All of the vocabulary when nil.
    package var wordCount: Int?

    /// When a search ends before its longest hypotheses do, as `early_stopping` of `transformers` has it.
    package enum EarlyStopping: String, Sendable {
        /// `true`: when as many hypotheses are finished as there are beams.
        case whenFull
        /// `false`: when the best that goes on would not be among the finished ones if it ended here.
        case heuristic
        /// `"never"`: when nothing that goes on can be among the finished ones, at whatever length.
        case never
    }

    package init(beams: Int = 1, mostTokens: Int = 50) {
        self.beams = beams
        self.mostTokens = mostTokens
    }

    /// What cannot be done, in a sentence; nil when all can.
    package var fault: String? {
        guard beams >= 1, beams <= 1_024 else { return "\(beams) beams; 1 to 1,024 are possible" }
        guard groups >= 1, beams % groups == 0 else { return "\(beams) beams in \(groups) groups: the number has to be divisible" }
        guard mostTokens >= 1, fewestTokens >= 0, fewestTokens < mostTokens else {
            return "\(fewestTokens) to \(mostTokens) tokens; the first has to be 0 or more, and less than the second"
        }
        guard wordCount ?? 1 >= 1 else { return "\(wordCount ?? 0) words to choose from" }
        guard unrepeatedTokens >= 0 else { return "runs of \(unrepeatedTokens) tokens; 0 or more are possible" }
        guard diversityPenalty.isFinite, diversityPenalty >= 0, lengthPenalty.isFinite else {
            return "a diversity penalty of \(diversityPenalty) and a length penalty of \(lengthPenalty)"
        }
        return nil
    }
}

extension TextSearch {
    /// The tokens after which a text would have a run of ``unrepeatedTokens`` twice.
    func repeating(_ tokens: [Int32]) -> [Int32] {
        let run = unrepeatedTokens
        guard run > 0, tokens.count >= run else { return [] }
        let last = tokens.suffix(run - 1)
        return (0...tokens.count - run).filter { tokens[$0..<$0 + run - 1].elementsEqual(last) }.map { tokens[$0 + run - 1] }
    }
}

/// Words that a model says.
package struct GeneratedText: Sendable, Equatable {
    /// Without start and end tokens.
    package let tokens: [Int32]
    /// The sum of log-probabilities in nats over the length penalty; diversity penalties included.
    package let score: Double
    /// Whether the model ended it; cut at ``TextSearch/mostTokens`` otherwise.
    package let isEnded: Bool
}
