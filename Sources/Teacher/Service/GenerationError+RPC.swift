internal import LlamaModel
internal import RPC
internal import Transport

extension RPCError {
    /// The status that an error of the engine, or of what stands around it, becomes.
    init(generation error: any Error) {
        guard let error = error as? GenerationError else {
            self.init(from: error)
            return
        }
        switch error {
        case .overloaded(let text, let retryAfter): self = .tryLater(.resourceExhausted, text, retryAfter: retryAfter)
        case .invalid(let text): self.init(.invalidArgument, text)
        case .deadlineExceeded: self.init(.deadlineExceeded, "the deadline passed while the text was written")
        case .cancelled: self.init(.cancelled, "the request was cancelled")
        case .failed(let text): self.init(.internal, text)
        case .stopping: self.init(.unavailable, "the engine is stopping")
        }
    }
}
