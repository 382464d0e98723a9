package import LlamaModel
package import RPC
internal import Teacher
internal import Tokenizers
internal import Transport
package import Wire

/// The rationale's form without its wording: the review, and two sentences.
package struct ScriptedComposer: RationaleComposing {
    package let promptVersion: String
    private let tokenizer: any Tokenizer

    package init(promptVersion: String = "scripted-1") {
        self.promptVersion = promptVersion
        tokenizer = ScriptedTokenizer.make()
    }

    package func generation(
        for review: Review, _ sampling: Wire.Sampling?, priority: Generation.Priority, deadline: ContinuousClock.Instant?
    ) throws(RPCError) -> Generation {
        guard review.text != "unreadable" else { throw RPCError(.invalidArgument, "review.text cannot be read") }
        let count = sampling.map { Int($0.maxTokens) }.flatMap { $0 > 0 ? $0 : nil } ?? 60
        let sentence = Generation.Part.written(Generation.Writing(maxTokens: count, style: .sentence))
        return Generation(
            parts: [
                .given(tokenizer.encode(review.text, parsingSpecial: false)), sentence,
                .given(tokenizer.encode("attributes", parsingSpecial: false)), sentence,
            ], sampling: try .init(sampling), priority: priority, deadline: deadline)
    }

    package func rationale(
        for review: Review, _ result: GenerationResult
    ) throws(RPCError) -> (userPreference: String, itemAttributes: String) {
        guard result.written.count == 2 else { throw RPCError(.internal, "two sentences were to be written") }
        return ("The user prefers" + result.written[0].text, "The item is" + result.written[1].text)
    }
}
