internal import Locks
internal import Transport

/// Stands around the handlers of a server: sees each call before its handler and its outcome after.
///
/// Interceptors run in the order in which the server got them, the first outermost, on the handler's executor. To refuse a call throw
/// an `RPCError` and do not call `next`. Calls that the server refuses by itself (an unknown method, a full queue) do not get here; the metrics
/// count those too.
package protocol ServerInterceptor: Sendable {
    /// - Parameter next: the rest of the chain and the handler; throws what the handler throws. To be called at most once.
    func intercept(_ call: ServerCall, next: @Sendable (ServerCall) async throws -> Void) async throws
}

struct ServerInterceptorChain: Sendable {
    private let interceptors: [any ServerInterceptor]

    init(_ interceptors: [any ServerInterceptor]) { self.interceptors = interceptors }

    func run(_ handler: @escaping Router.Handler, _ call: ServerCall, _ streams: ServerStreams) async throws -> [UInt8] {
        if interceptors.isEmpty { return try await handle(handler, call, streams) }
        let reply = Reply()
        try await step(0, handler, call, streams, reply)
        guard let bytes = reply.bytes.withLock({ $0 }) else {
            throw RPCError(.internal, "an interceptor neither refused the call nor let it through")
        }
        return bytes
    }

    private func handle(_ handler: Router.Handler, _ call: ServerCall, _ streams: ServerStreams) async throws -> [UInt8] {
        try await ServerCall.$current.withValue(call) { try await handler(call, streams) }
    }

    private final class Reply: Sendable {
        let bytes = Locked<[UInt8]?>(nil)
    }

    private func step(
        _ index: Int, _ handler: @escaping Router.Handler, _ call: ServerCall, _ streams: ServerStreams, _ reply: Reply
    ) async throws {
        guard index < interceptors.count else {
            let bytes = try await handle(handler, call, streams)
            return reply.bytes.withLock { $0 = bytes }
        }
        try await interceptors[index].intercept(call) { call in
            try await step(index + 1, handler, call, streams, reply)
        }
    }
}
