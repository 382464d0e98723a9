package import Wire

/// One client's connection on a listener. Confined to the socket thread.
package final class ServerConnection: TimerTarget {
    package let peer: PeerID
    package let epoch: UInt64
    package let limits: PeerLimits
    /// The public key (Z85) that every message must come under; nil without CURVE.
    let user: String?
    package internal(set) var identity: PeerIdentity
    package internal(set) var isOpen = true
    /// Of the delegate: what it keeps for the connection.
    package var attachment: AnyObject?
    private unowned let listener: Listener
    var machine: ServerConnectionMachine
    var heartbeat: Heartbeat
    var heartbeatTimer: TimerID?
    var outbound: OutboundQueue
    let inFlight = BytesInFlight()
    /// Of `inFlight` and `outbound`, as they were last counted.
    var reportedBytes = 0

    init(
        peer: PeerID, listener: Listener, machine: ServerConnectionMachine, epoch: UInt64, limits: PeerLimits, user: String?,
        identity: PeerIdentity
    ) {
        self.peer = peer
        self.listener = listener
        self.machine = machine
        self.epoch = epoch
        self.limits = limits
        self.user = user
        self.identity = identity
        let configuration = listener.configuration
        heartbeat = Heartbeat(
            interval: Nanoseconds(configuration.heartbeatInterval), liveness: configuration.heartbeatLiveness, now: listener.loop.now)
        outbound = OutboundQueue(maxBytes: configuration.maxQueuedBytes)
    }

    /// Sends with the version and epoch of the connection.
    /// - Returns: false when the connection has ended, perhaps by this very message.
    /// - Parameter observer: hears when the socket has taken the message; nothing if the connection ends before.
    @discardableResult
    package func send(_ header: Header, payload: Payload = [], observer: (any DepartureObserver)? = nil) -> Bool {
        var header = header
        header.version = 1
        header.epoch = epoch
        return listener.send(header, payload: payload, on: self, observer: observer)
    }

    package func timerFired(token: UInt64, now: MonotonicTime) { listener.heartbeat(of: self, now: now) }

    /// Counts a message of this connection that broke a rule of its call.
    package func countMalformed(_ reason: MalformedReason) { listener.metrics.countMalformed(reason) }
}
