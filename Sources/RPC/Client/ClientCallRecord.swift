internal import Transport
internal import Wire

/// A call that a client has begun. Confined to the socket thread, but for the streams, which are safe from any thread.
///
/// `@unchecked` because its maker and the closures of its streams carry it from and to other threads; they touch it on the socket thread only.
final class ClientCallRecord: TimerTarget, @unchecked Sendable {
    let method: MethodInfo
    let metadata: [Metadata]
    let deadline: MonotonicTime?
    let waitForReady: Bool
    private let core: LoopBound<ClientCore>
    /// Of CALL; let go once sent.
    var request: [UInt8]
    /// Who waits for the outcome.
    var continuation: UnsafeContinuation<ClientReply, any Error>?
    /// How the call ended, for who asks after that.
    private(set) var outcome: Result<ClientReply, RPCError>?

    /// Whether the core has the call. Its task may be cancelled before that.
    var hasBegun = false
    /// With what the call was cancelled before it had begun.
    var cancelledEarly: RPCError?
    /// 0 until CALL is sent.
    var callID: UInt64 = 0
    var machine: ClientCallMachine
    /// Where responses stream.
    let inbound: InboundStream?
    /// Where requests stream.
    let outbound: OutboundStream?
    var deadlineTimer: TimerID?
    var metrics: ClientMethodMetrics?
    var startedAt = MonotonicTime(nanoseconds: 0)
    /// HALF_CLOSE was asked for before CALL could be sent.
    var requestsEnded = false

    init(
        core: LoopBound<ClientCore>, method: MethodInfo, metadata: [Metadata], deadline: MonotonicTime?, waitForReady: Bool,
        request: [UInt8], inbound: InboundStream?, outbound: OutboundStream?, configuration: ConnectionConfiguration
    ) {
        self.core = core
        self.method = method
        self.metadata = metadata
        self.deadline = deadline
        self.waitForReady = waitForReady
        self.request = request
        self.inbound = inbound
        self.outbound = outbound
        machine = ClientCallMachine(
            responsesStream: method.kind.responsesStream,
            credit: CreditAccount(messages: configuration.initialCreditMessages, bytes: configuration.initialCreditBytes))
    }

    func end(_ outcome: Result<ClientReply, RPCError>) {
        self.outcome = outcome
        let waiting = continuation
        continuation = nil
        waiting?.resume(with: outcome.mapError { $0 })
    }

    /// Resumes `continuation` when the call has ended.
    func whenEnded(_ continuation: UnsafeContinuation<ClientReply, any Error>) {
        if let outcome { continuation.resume(with: outcome.mapError { $0 }) } else { self.continuation = continuation }
    }

    /// The deadline. The timer keeps the record, and the core cancels every timer of a call that has ended.
    func timerFired(token: UInt64, now: MonotonicTime) {
        deadlineTimer = nil
        core.value.cancel(self, RPCError(.deadlineExceeded, "the deadline passed before the call ended"))
    }
}

/// What a call that succeeded came back with.
struct ClientReply: Sendable {
    var payload: [UInt8]
    var trailers: [Metadata]
}
