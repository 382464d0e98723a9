internal import DequeModule
internal import Locks
internal import Transport
package import Wire

/// One direction of a call on its sender's side: writers wait here, in order, until the receiver's credit allows more and the connection
/// has taken enough of what was handed over before.
final class OutboundStream: Sendable {
    private struct Waiter {
        let id: UInt64
        let bytes: Int
        let continuation: UnsafeContinuation<Void, any Error>
    }

    private struct State {
        var credit: CreditAccount
        /// Of the connection; nil until there is one.
        var budget: OutboundBudget?
        /// Of the receiver.
        var maxFrameBytes: Int
        var end: RPCError?
        var waiters: Deque<Waiter> = []
        var nextID: UInt64 = 0

        mutating func take(_ bytes: Int) -> Bool {
            guard credit.isOpen, let budget, budget.take(bytes: bytes) else { return false }
            return credit.take(bytes: bytes)
        }
    }

    private let state: Locked<State>

    /// On a server: the caller's limits are known.
    convenience init(_ limits: PeerLimits, budget: OutboundBudget) {
        self.init()
        open(limits, budget: budget)
    }

    /// On a client, which may not be connected yet: `open` follows.
    init() { state = Locked(State(credit: CreditAccount(messages: 0, bytes: 0), maxFrameBytes: .max)) }

    func open(_ limits: PeerLimits, budget: OutboundBudget) {
        state.withLock { state in
            state.maxFrameBytes = limits.maxFrameBytes
            state.budget = budget
        }
        add(messages: limits.initialCreditMessages, bytes: limits.initialCreditBytes)
    }

    private static func tooLarge(_ bytes: Int, _ limit: Int) -> RPCError {
        RPCError(.resourceExhausted, "a message of \(bytes) bytes; the receiver takes at most \(limit) (max_frame_bytes)")
    }

    /// Returns when a message of `bytes` may be sent.
    /// - Throws: the error that ended the call, `cancelled`, or RESOURCE_EXHAUSTED for a message over the receiver's limit.
    func acquire(bytes: Int) async throws {
        // Most messages find credit; they pay for one lock and nothing else.
        let ready = try state.withLock { state throws(RPCError) in
            if let end = state.end { throw end }
            guard bytes <= state.maxFrameBytes else { throw Self.tooLarge(bytes, state.maxFrameBytes) }
            return state.waiters.isEmpty && state.take(bytes)
        }
        if ready { return }
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
                let outcome = state.withLock { state -> Result<Void, any Error>? in
                    if let end = state.end { return .failure(end) }
                    if Task.isCancelled { return .failure(RPCError.cancelled) }
                    if state.waiters.isEmpty, state.take(bytes) { return .success(()) }
                    state.waiters.append(Waiter(id: id, bytes: bytes, continuation: continuation))
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume(throwing: RPCError.cancelled)
        }
    }

    /// The connection has room again.
    func wake() { add(messages: 0, bytes: 0) }

    /// Credit from the receiver.
    func add(messages: Int, bytes: Int) {
        var ready: [(Waiter, RPCError?)] = []
        state.withLock { state in
            state.credit.add(messages: messages, bytes: bytes)
            while let first = state.waiters.first {
                let error = first.bytes > state.maxFrameBytes ? Self.tooLarge(first.bytes, state.maxFrameBytes) : nil
                guard error != nil || state.take(first.bytes) else { break }
                ready.append((first, error))
                state.waiters.removeFirst()
            }
        }
        for (waiter, error) in ready {
            if let error { waiter.continuation.resume(throwing: error) } else { waiter.continuation.resume() }
        }
    }

    /// Fails every writer, now and later. The first end counts.
    func end(_ error: RPCError) {
        let waiters = state.withLock { state -> Deque<Waiter> in
            guard state.end == nil else { return [] }
            state.end = error
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(throwing: error) }
    }
}

/// Sends messages of a call, in the order of the writes. `write` returns when the receiver has room for the message; so a slow
/// receiver slows its sender, and memory stays bounded.
package struct MessageWriter<Message: WirePayload>: Sendable {
    let outbound: OutboundStream
    let send: @Sendable ([UInt8]) -> Void
    let end: @Sendable () -> Void

    /// Says that no more messages come: the half-close of a client. On a server nothing: its stream ends with the handler.
    package func finish() { end() }

    /// - Throws: the `RPCError` that ended the call; RESOURCE_EXHAUSTED for a message over the receiver's limit.
    package func write(_ message: Message) async throws {
        let bytes = try message.encoded()
        try await outbound.acquire(bytes: bytes.count)
        send(bytes)
    }
}
