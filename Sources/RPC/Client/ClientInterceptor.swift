package import Wire

/// A call about to be made: what interceptors may still change.
package struct ClientCall: Sendable {
    package let method: MethodInfo
    package var options: CallOptions

    package init(method: MethodInfo, options: CallOptions) {
        self.method = method
        self.options = options
    }
}

/// Stands around the calls of a client. Runs in the caller's task, the first of the client's list outermost, around all attempts of a
/// call that is retried.
package protocol ClientInterceptor: Sendable {
    /// - Parameter next: makes the call; throws the `RPCError` with which it ended.
    func intercept<Reply>(_ call: ClientCall, next: (ClientCall) async throws -> Reply) async throws -> Reply
}

struct ClientInterceptorChain: Sendable {
    private let interceptors: [any ClientInterceptor]

    init(_ interceptors: [any ClientInterceptor]) { self.interceptors = interceptors }

    func run<Reply>(_ call: ClientCall, _ body: (ClientCall) async throws -> Reply) async throws -> Reply {
        try await step(0, call, body)
    }

    private func step<Reply>(_ index: Int, _ call: ClientCall, _ body: (ClientCall) async throws -> Reply) async throws -> Reply {
        guard index < interceptors.count else { return try await body(call) }
        return try await interceptors[index].intercept(call) { try await step(index + 1, $0, body) }
    }
}
