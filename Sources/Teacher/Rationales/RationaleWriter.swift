package import LlamaModel
package import RPC
package import Tokenizers
internal import Transport
package import Wire

/// Makes the engine's request from a review, and the rationale from what was written. A value; any thread.
package struct RationaleWriter: RationaleComposing {
    private let template: ChatTemplate
    private let prompt: RationalePrompt
    private let contextLength: Int
    private let words: WordTokenizer
    /// Between the sentences: the opening of the second.
    private let joint: [Int32]

    /// Tokens that a review may have more inside its quotation than alone.
    private static let slack = 8

    /// - Parameter contextLength: Positions that a request may have, of the engine.
    /// - Throws: What keeps the prompt from fitting the model.
    package init(
        tokenizer: any Tokenizer, template: ChatTemplate, prompt: RationalePrompt, contextLength: Int
    ) throws(RationaleError) {
        self.template = template
        self.prompt = prompt
        self.contextLength = contextLength
        promptVersion = prompt == .standard ? prompt.version : "\(prompt.version)+\(Self.mark(of: "\(prompt) \(template)"))"
        words = WordTokenizer(tokenizer)
        joint = words.tokens(of: prompt.attributesOpening)
        let given = tokens(asking: prompt.user.replacing(RationalePrompt.placeholder, with: "")).count + prompt.reviewTokens + Self.slack
        let needed = given + joint.count + prompt.preferenceTokens + 1 + prompt.attributesTokens + 1
        guard needed <= contextLength else {
            throw RationaleError(
                "prompt \(prompt.version) may take \(needed) tokens with its review and answer, and the model's context has \(contextLength)"
            )
        }
    }

    /// The prompt's own version, and behind it, for another prompt than the built-in one, a mark of all its words and numbers and of the chat
    /// template: two files of one version do not pass for each other.
    package let promptVersion: String

    /// 64 bits in hexadecimal (FNV-1a): tells texts apart, and keeps nothing secret.
    private static func mark(of text: String) -> String {
        let hash = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        return String(hash, radix: 16)
    }

    /// - Throws: INVALID_ARGUMENT that names the field: a review without text and summary, or sampling that is out of range.
    package func generation(
        for review: Review, _ sampling: Wire.Sampling?, priority: Generation.Priority, deadline: ContinuousClock.Instant?
    ) throws(RPCError) -> Generation {
        let text = try text(of: review)
        let most = Int(sampling?.maxTokens ?? 0)
        guard most == 0 || RationalePrompt.sentenceTokensRange.contains(most) else {
            let range = RationalePrompt.sentenceTokensRange
            throw RPCError(
                .invalidArgument,
                "sampling.max_tokens is \(most); a sentence has \(range.lowerBound) to \(range.upperBound), or 0 for the prompt's own number"
            )
        }
        let generation = Generation(
            parts: [
                .given(tokens(asking: prompt.message(about: text))),
                .written(sentence(of: most == 0 ? prompt.preferenceTokens : most)),
                .given(joint),
                .written(sentence(of: most == 0 ? prompt.attributesTokens : most)),
            ], sampling: try .init(sampling), priority: priority, deadline: deadline,
            draftSource: words.tokens(of: text.text))
        guard generation.mostTokens <= contextLength else {
            throw RPCError(
                .invalidArgument,
                "sampling.max_tokens is \(most): with its review the rationale may take \(generation.mostTokens) tokens, and the model's context "
                    + "has \(contextLength)")
        }
        return generation
    }

    private func sentence(of mostTokens: Int) -> Generation.Writing {
        Generation.Writing(
            maxTokens: mostTokens, style: .sentence, unrepeatedTokens: prompt.unrepeatedTokens, allowsQuotationMarks: prompt.quotationMarks)
    }

    /// The text of a review that has none is its summary.
    private func text(of review: Review) throws(RPCError) -> ReviewText {
        for text in [review.text, review.summary] {
            if let text = ReviewText(text, mostTokens: prompt.reviewTokens, words) { return text }
        }
        throw RPCError(.invalidArgument, "review.text is empty, and review.summary too")
    }

    /// The prompt up to the opening of the first sentence. Control tokens come from the template alone.
    private func tokens(asking message: String) -> [Int32] {
        let system = prompt.system.map { [ChatMessage(.system, $0)] } ?? []
        var parts = template.prompt(system + [ChatMessage(.user, message)])
        // Some templates leave the space before an answer to the answer.
        let isSeparated = parts.last?.text.last?.isWhitespace ?? true
        parts.append(.content(isSeparated ? prompt.preferenceOpening : " " + prompt.preferenceOpening))
        let tokens = words.tokenizer.encode(parts)
        guard let beginning = words.tokenizer.special.beginning, tokens.first != beginning else { return tokens }
        return [beginning] + tokens
    }

    /// The two sentences, each on one line and with its opening and full stop.
    /// - Throws: INTERNAL where not two sentences were written.
    package func rationale(
        for review: Review, _ result: GenerationResult
    ) throws(RPCError) -> (userPreference: String, itemAttributes: String) {
        guard result.written.count == 2 else {
            throw RPCError(.internal, "review \(review.reviewID): \(result.written.count) sentences were written instead of 2")
        }
        return (
            try sentence(prompt.preferenceOpening, result.written[0], review),
            try sentence(prompt.attributesOpening, result.written[1], review)
        )
    }

    private func sentence(_ opening: String, _ written: GenerationResult.Written, _ review: Review) throws(RPCError) -> String {
        // A budget may have ended within a character, which is gone then.
        let rest = ReviewText.line(of: written.text)
        guard rest.contains(where: { $0.isLetter || $0.isNumber }) else {
            throw RPCError(.internal, "review \(review.reviewID): no words were written after '\(opening)'")
        }
        let isEnded = rest.last.map { ".!?".contains($0) } ?? false
        return "\(opening) \(rest)\(isEnded ? "" : ".")"
    }
}
