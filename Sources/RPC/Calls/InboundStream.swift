internal import DequeModule
internal import Locks
internal import Transport
package import Wire

/// The messages of one direction of a call on their way from the socket thread to the one task that reads them. What it holds is
/// bounded by the credit that the sender was granted; each message taken earns the sender new credit.
final class InboundStream: Sendable {
    /// Sends credit; called on the reader's thread.
    typealias Grant = @Sendable (_ messages: Int, _ bytes: Int) -> Void

    private struct State {
        var messages: Deque<[UInt8]> = []
        var end: Result<Void, RPCError>?
        var waiter: UnsafeContinuation<[UInt8]?, any Error>?
        var grants: CreditGrants
    }

    private let state: Locked<State>

    init(configuration: ConnectionConfiguration) {
        let grants = CreditGrants(
            initialMessages: configuration.initialCreditMessages, initialBytes: configuration.initialCreditBytes)
        state = Locked(State(grants: grants))
    }

    func push(_ message: [UInt8]) {
        let waiter = state.withLock { state -> UnsafeContinuation<[UInt8]?, any Error>? in
            guard state.end == nil else { return nil }
            guard let waiter = state.waiter else {
                state.messages.append(message)
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume(returning: message)
    }

    /// What was pushed before is still read; then comes the end, or the error. The first end counts.
    func finish(_ error: RPCError? = nil) {
        let waiter = state.withLock { state -> UnsafeContinuation<[UInt8]?, any Error>? in
            guard state.end == nil else { return nil }
            state.end = error.map { .failure($0) } ?? .success(())
            defer { state.waiter = nil }
            return state.waiter
        }
        guard let waiter else { return }
        if let error { waiter.resume(throwing: error) } else { waiter.resume(returning: nil) }
    }

    /// Drops what nobody will read.
    func discard() { state.withLock { $0.messages.removeAll() } }

    /// - Returns: nil at the end.
    func next(_ grant: Grant) async throws -> [UInt8]? {
        let message = try await take()
        guard let message else { return nil }
        // Credit for a sender that has ended would be of no use.
        let credit = state.withLock { $0.end == nil ? $0.grants.consumed(bytes: message.count) : nil }
        if let credit { grant(credit.messages, credit.bytes) }
        return message
    }

    private func take() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let ready = state.withLock { state -> Result<[UInt8]?, any Error>? in
                    if let message = state.messages.popFirst() { return .success(message) }
                    switch state.end {
                    case .success: return .success(nil)
                    case .failure(let error): return .failure(error)
                    case nil: break
                    }
                    precondition(state.waiter == nil, "a stream of messages has one reader")
                    state.waiter = continuation
                    return nil
                }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            finish(.cancelled)
        }
    }
}

/// The messages that the other side of a call sends, in order; ends with the stream, or throws the `RPCError` that ended the call.
/// Not to be read by two tasks. Reading slower than the sender stops the sender, by credit.
package struct MessageStream<Message: WirePayload>: AsyncSequence, Sendable {
    package typealias Element = Message
    let inbound: InboundStream
    let limits: DecodingLimits
    let grant: InboundStream.Grant
    /// Told when a message does not decode, which ends the call.
    let malformed: @Sendable (RPCError) -> Void

    package struct AsyncIterator: AsyncIteratorProtocol {
        let stream: MessageStream

        package mutating func next() async throws -> Message? {
            guard let bytes = try await stream.inbound.next(stream.grant) else { return nil }
            do {
                return try Message(decoding: bytes, limits: stream.limits)
            } catch {
                let failure = RPCError(.internal, "\(Message.fullName): \(error)")
                stream.malformed(failure)
                throw failure
            }
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }

    /// Takes no more: what has arrived is still read, then reading throws `error`. Nothing where the stream has ended. For a server that shuts
    /// down and must not wait for a caller that never ends.
    package func stop(_ error: RPCError) { inbound.finish(error) }
}
