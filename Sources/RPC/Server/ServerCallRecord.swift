internal import Transport
internal import Wire

/// A call that a server has accepted. Confined to the socket thread, but for the streams, which are safe from any thread.
///
/// `@unchecked` because the closures of its streams carry it to the handler's thread and back; they touch it on the socket thread only.
final class ServerCallRecord: TimerTarget, @unchecked Sendable {
    private unowned let core: ServerCore
    /// Of its connection, also after the call has ended: told of messages that have left, or never will.
    let departures: any DepartureObserver
    let call: ServerCall
    let method: ServedMethod
    /// nil once the connection has ended.
    var connection: ServerConnection?
    let startedAt: MonotonicTime
    var machine: ServerCallMachine
    var request: [UInt8]
    /// Where requests stream.
    let inbound: InboundStream?
    /// Where responses stream.
    let outbound: OutboundStream?
    var deadlineTimer: TimerID?
    /// nil while it waits for its turn.
    var task: Task<Void, Never>?
    var waits = false
    /// Bytes of requests that the handler has not taken, or may still hold.
    var heldBytes = 0
    var handlerEnded = false

    init(
        core: ServerCore, call: ServerCall, method: ServedMethod, connection: ServerConnection, request: [UInt8], startedAt: MonotonicTime,
        budget: OutboundBudget, departures: any DepartureObserver,
        configuration: ConnectionConfiguration
    ) {
        self.core = core
        self.departures = departures
        self.call = call
        self.method = method
        self.connection = connection
        self.request = request
        self.startedAt = startedAt
        let kind = method.entry.info.kind
        machine = ServerCallMachine(
            requestsStream: kind.requestsStream,
            credit: CreditAccount(messages: configuration.initialCreditMessages, bytes: configuration.initialCreditBytes))
        inbound = kind.requestsStream ? InboundStream(configuration: configuration) : nil
        outbound = kind.responsesStream ? OutboundStream(connection.limits, budget: budget) : nil
    }

    /// The deadline. The timer keeps the record, and the core cancels every timer of a call that has ended.
    func timerFired(token: UInt64, now: MonotonicTime) {
        deadlineTimer = nil
        core.deadlinePassed(self)
    }
}
