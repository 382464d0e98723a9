package import Logging
package import Wire

/// Who has calls on a connector. Called on the socket thread.
package protocol ClientConnectorDelegate: AnyObject {
    func connectionReady(_ limits: PeerLimits)
    /// No new call may be opened on this connection; `ClientConnector.callsEnded()` is to be called when the open ones have ended.
    func connectionDraining()
    /// STATUS, MESSAGE or CREDIT.
    func received(_ header: Header, payload: UnsafeRawBufferPointer)
    /// Every call of the connection, or that waits for it, is void. Another attempt follows after a wait.
    func connectionLost(_ loss: ConnectionLoss)
}

/// Keeps a client connected to one endpoint: attempt after attempt, each with a socket and an epoch of its own, so that nothing of an
/// old connection can reach a new one. Confined to the socket thread.
package final class ClientConnector: ClientSocketSink, TimerTarget {
    package enum State: Sendable, Hashable {
        case idle
        case connecting
        case ready
        case draining
        /// Until the next attempt.
        case waiting
        case closed
    }

    package private(set) var state = State.idle
    /// Why the last connection or attempt ended.
    package private(set) var lastLoss: ConnectionLoss?

    private let loop: SocketThread
    private let endpoint: Endpoint
    private let security: ClientSecurity
    private let configuration: ConnectionConfiguration
    private let metrics: TransportMetrics
    private let logger: Logger
    /// Its owner.
    private unowned let delegate: any ClientConnectorDelegate

    private var socket: (any ClientSocket)?
    private var machine = ClientConnectionMachine(epoch: 0)
    private var heartbeat: Heartbeat?
    private var outbound: OutboundQueue
    private var scratch: [UInt8] = []
    private var failedAttempts = 0
    private var timers: [Timer: TimerID] = [:]

    private enum Timer: UInt64 { case attempt, connectTimeout, heartbeat, flush }

    package init(
        loop: SocketThread, endpoint: Endpoint, security: ClientSecurity, configuration: ConnectionConfiguration,
        metrics: TransportMetrics, logger: Logger, delegate: any ClientConnectorDelegate
    ) {
        self.loop = loop
        self.endpoint = endpoint
        self.security = security
        self.configuration = configuration
        self.metrics = metrics
        self.logger = logger
        self.delegate = delegate
        outbound = OutboundQueue(maxBytes: configuration.maxQueuedBytes)
    }

    package var epoch: UInt64 { machine.epoch }

    // MARK: Attempts

    /// Begins to connect, and goes on for as long as the connector is open.
    package func connect() {
        guard state == .idle else { return }
        attempt()
    }

    private func attempt() {
        machine = ClientConnectionMachine(epoch: UInt64.random(in: 1 ... .max))
        outbound = OutboundQueue(maxBytes: configuration.maxQueuedBytes)
        do {
            let socket = try loop.makeClientSocket(endpoint, security: security, maxFrameBytes: configuration.maxFrameBytes)
            socket.sink = self
            loop.add(socket)
            self.socket = socket
        } catch {
            return end(ConnectionLoss(.unavailable, "\(error)"))
        }
        state = .connecting
        start(.connectTimeout, after: Nanoseconds(configuration.connectTimeout))
        _ = send(Header(kind: .hello, limits: configuration.limits))
    }

    private func start(_ timer: Timer, after wait: Nanoseconds) {
        stop(timer)
        timers[timer] = loop.schedule(at: loop.now + wait, self, token: timer.rawValue)
    }

    private func stop(_ timer: Timer) {
        if let running = timers.removeValue(forKey: timer) { loop.cancel(running) }
    }

    package func timerFired(token: UInt64, now: MonotonicTime) {
        guard state != .closed, let timer = Timer(rawValue: token) else { return }
        timers[timer] = nil
        switch timer {
        case .attempt: if state == .waiting { attempt() }
        case .connectTimeout:
            lose(ConnectionLoss(.unavailable, "no answer from \(endpoint) within \(configuration.connectTimeout)"))
        case .heartbeat: beat(now: now)
        case .flush:
            var departed: [(observer: any DepartureObserver, bytes: Int)] = []
            let reachable = outbound.flush(by: { socket?.send(header: $0, payload: $1) ?? .unreachable }, departed: &departed)
            for (observer, bytes) in departed { observer.departed(bytes: bytes) }
            if reachable {
                if !outbound.isEmpty { start(.flush, after: .milliseconds(2)) }
            } else {
                lose(ConnectionLoss(.unavailable, "the connection to \(endpoint) was lost"))
            }
        }
    }

    private func beat(now: MonotonicTime) {
        guard var beating = heartbeat else { return }
        let action = loop.isQuiet ? beating.tick(now: now) : .none
        heartbeat = beating
        switch action {
        case .none: break
        case .ping:
            metrics.countMissedHeartbeat()
            _ = send(Header(kind: .ping))
        case .dead:
            metrics.countLostPeer()
            return lose(ConnectionLoss(.unavailable, "\(endpoint) was silent for \(beating.liveness) heartbeats"))
        }
        if heartbeat != nil { start(.heartbeat, after: beating.tickInterval) }
    }

    // MARK: Receiving

    package func received(header bytes: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) {
        let header: Header
        do {
            header = try Header.decode(frame: bytes)
        } catch {
            return perform(machine.broken(.header, "header: \(error)"), Header())
        }
        heartbeat?.received(now: loop.now)
        let action = machine.received(
            version: header.version, kind: header.kind, epoch: header.epoch, status: header.status, statusMessage: header.statusMessage)
        if action == .deliver {
            delegate.received(header, payload: payload)
        } else {
            perform(action, header)
        }
    }

    package func receivedMalformed(frameCount: Int) {
        perform(machine.broken(.frameCount, "a message has 2 frames, not \(frameCount)"), Header())
    }

    package func lost(_ loss: SocketLoss) {
        switch loss {
        case .disconnected:
            let text =
                state == .connecting
                ? "cannot connect to \(endpoint): is the server running?" : "the connection to \(endpoint) was lost"
            lose(ConnectionLoss(.unavailable, text))
        case .refused(let why): lose(ConnectionLoss(.unauthenticated, "\(endpoint): \(why)"))
        }
    }

    private func perform(_ action: ClientConnectionMachine.Action, _ header: Header) {
        switch action {
        case .becameReady:
            let limits = PeerLimits(header.limits)
            state = .ready
            failedAttempts = 0
            stop(.connectTimeout)
            let beating = Heartbeat(interval: limits.heartbeatInterval, liveness: limits.heartbeatLiveness, now: loop.now)
            heartbeat = beating
            start(.heartbeat, after: beating.tickInterval)
            delegate.connectionReady(limits)
        case .becameDraining:
            state = .draining
            delegate.connectionDraining()
        case .pong: _ = send(Header(kind: .pong, sequence: header.sequence))
        case .drop(let reason): metrics.countMalformed(reason)
        case .lose(let loss): end(loss)
        case .deliver, .ignore: break
        }
    }

    // MARK: Sending

    /// Sends with the version and epoch of the connection.
    /// - Parameter observer: hears when the socket has taken the message.
    /// - Returns: false when it can be neither sent nor kept; then the observer hears nothing.
    package func send(_ header: Header, payload: Payload = [], observer: (any DepartureObserver)? = nil) -> Bool {
        guard let socket else {
            metrics.countRejection(.notConnected)
            return false
        }
        var header = header
        header.version = 1
        header.epoch = machine.epoch
        do {
            try header.encodeFrame(into: &scratch)
        } catch {
            logger.error("a header cannot be encoded", metadata: ["kind": "\(header.kind.label)", "error": "\(error)"])
            return false
        }
        let wasEmpty = outbound.isEmpty
        switch scratch.withUnsafeBytes({ outbound.send(header: $0, payload: payload, observer: observer, by: socket.send) }) {
        case .sent:
            observer?.departed(bytes: payload.count)
            return true
        case .queued:
            if wasEmpty { start(.flush, after: .milliseconds(2)) }
            return true
        case .overflow:
            metrics.countRejection(.queueFull)
            return false
        case .unreachable:
            metrics.countRejection(.unreachable)
            return false
        }
    }

    // MARK: Ends

    /// The last call of a draining connection has ended.
    package func callsEnded() {
        guard state == .draining else { return }
        lose(ConnectionLoss(.unavailable, "the server is shutting down", sayBye: true))
    }

    /// The server broke a rule that the connection cannot see.
    package func broken(_ reason: MalformedReason, _ rule: String) { perform(machine.broken(reason, rule), Header()) }

    private func lose(_ loss: ConnectionLoss) { perform(machine.lose(loss), Header()) }

    private func end(_ loss: ConnectionLoss) {
        if let reason = loss.reason { metrics.countMalformed(reason) }
        logger.debug("connection ended", metadata: ["endpoint": "\(endpoint)", "reason": "\(loss.message)"])
        closeSocket(sayBye: loss.sayBye ? loss : nil, linger: .milliseconds(0))
        lastLoss = loss
        state = .waiting
        metrics.countReconnect()
        start(.attempt, after: configuration.backoff.wait(attempt: failedAttempts, random: .random(in: 0..<1)))
        failedAttempts += 1
        delegate.connectionLost(loss)
    }

    private func closeSocket(sayBye loss: ConnectionLoss?, linger: Nanoseconds) {
        for timer in Array(timers.keys) { stop(timer) }
        heartbeat = nil
        guard let socket else { return }
        if let loss {
            _ = send(Header(kind: .bye, status: loss.code.rawValue, statusMessage: loss.message))
        }
        loop.remove(socket)
        socket.close(linger: loss == nil ? linger : max(linger, .milliseconds(100)))
        self.socket = nil
    }

    /// Says BYE and ends for good. The delegate is not told.
    package func close() {
        guard state != .closed else { return }
        closeSocket(sayBye: ConnectionLoss(.ok, ""), linger: .milliseconds(200))
        state = .closed
    }
}
