package import Tokenizers

/// Turns prompts into what the encoder reads. Safe to use from any thread.
package struct PromptEncoder: Sendable {
    package let tokenizer: SentencePieceTokenizer
    package let indexing: any ItemIndexing

    package init(_ tokenizer: SentencePieceTokenizer, _ indexing: any ItemIndexing) {
        self.tokenizer = tokenizer
        self.indexing = indexing
    }

    /// The tokens of a prompt, the end token last, and their whole-word numbers.
    ///
    /// Words and identifiers that are spelt in words are cut together, as one text; tokens of items stand between such texts.
    package func encode(_ prompt: TaskPrompt) -> EncodedPrompt {
        var result = EncodedPrompt(task: prompt.task), words: [String] = [], next: Int32 = 1
        func flush() {
            guard !words.isEmpty else { return }
            let pieces = tokenizer.pieces(words.joined(separator: " "))
            let numbers = WholeWords.numbers(pieces.map(\.text), first: next)
            result.tokens += pieces.map(\.id)
            result.wholeWords += numbers
            next = max(next, (numbers.max() ?? 0) + 1)
            words = []
        }
        for part in prompt.parts {
            switch part {
            case .text(let text): words.append(text)
            case .user(let user): words.append("user_\(user)")
            case .item(let item):
                switch indexing.spelling(item) {
                case .text(let text): words.append(text)
                case .tokens(let tokens):
                    flush()
                    result.tokens += tokens
                    for _ in tokens { result.wholeWords.append(next) }
                    next += 1
                }
            }
        }
        flush()
        result.tokens.append(SentencePieceTokenizer.endToken)
        result.wholeWords.append(0)
        return result
    }
}

/// What the encoder reads.
package struct EncodedPrompt: Sendable, Equatable {
    package let task: RecommendationTask
    package var tokens: [Int32] = []
    /// Of each token the number of its identifier, 0 for none.
    package var wholeWords: [Int32] = []

    package init(task: RecommendationTask) { self.task = task }
}
