internal import LlamaModel
internal import RPC
internal import Tokenizers
internal import Transport
internal import Wire

extension LoadedModel {
    /// Tokens of a completion that asks for no number, where the context has room for them.
    static let defaultCompletionTokens = 256

    /// Positions beside the prompt and what is written, for tokens that end a text.
    private static let closingTokens = 8

    /// Of a token, in bytes of text, at most. What has more bytes than this times the context cannot fit, and is not split into tokens to
    /// find that out: a prompt may have megabytes. No vocabulary of the supported families has a longer one but runs of spaces.
    private static let maxTokenBytes = 256

    /// The engine's request for a completion that `RequestCheck` has let through.
    ///
    /// A chat goes through the model's template, in which only the template's own control tokens count. A raw prompt is taken at its word: it
    /// may spell control tokens, since whoever writes one does the template's work.
    /// - Throws: INVALID_ARGUMENT for what the context cannot hold.
    func generation(for request: CompleteRequest, deadline: ContinuousClock.Instant?) throws(RPCError) -> Generation {
        let tokenizer = generator.tokenizer
        let bytes = request.promptBytes
        guard bytes <= generator.contextLength * Self.maxTokenBytes else {
            throw RPCError(
                .invalidArgument, "the prompt has \(bytes) bytes; the model holds \(generator.contextLength) tokens, which is far less")
        }
        var prompt: [Int32] =
            switch request.input {
            case .prompt(let text): tokenizer.encode(text, parsingSpecial: true)
            case .chat(let chat): tokenizer.encode(template.prompt(chat.messages.compactMap(Tokenizers.ChatMessage.init)))
            case nil: []
            }
        if let beginning = tokenizer.special.beginning, prompt.first != beginning { prompt.insert(beginning, at: 0) }
        let room = generator.contextLength - prompt.count - Self.closingTokens
        guard room >= 1 else {
            throw RPCError(
                .invalidArgument,
                "the prompt has \(prompt.count) tokens; with an answer of at least one the model holds \(generator.contextLength)")
        }
        let asked = Int(request.sampling?.maxTokens ?? 0)
        guard asked <= room else {
            throw RPCError(
                .invalidArgument,
                "sampling.max_tokens is \(asked); after a prompt of \(prompt.count) tokens the model has room for \(room)")
        }
        let count = asked > 0 ? asked : min(room, Self.defaultCompletionTokens)
        return Generation(
            parts: [.given(prompt), .written(Generation.Writing(maxTokens: count, style: .free(stops: request.stop)))],
            sampling: try .init(request.sampling), priority: .interactive, deadline: deadline, streams: true)
    }
}

extension CompleteRequest {
    fileprivate var promptBytes: Int {
        switch input {
        case .prompt(let text): text.utf8.count
        case .chat(let chat): chat.messages.reduce(0) { $0 + $1.content.utf8.count }
        case nil: 0
        }
    }
}

extension Tokenizers.ChatMessage {
    fileprivate init?(_ message: Wire.ChatMessage) {
        guard let role = Role(rawValue: message.role) else { return nil }
        self.init(role, message.content)
    }
}
