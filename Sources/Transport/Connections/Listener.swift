package import Logging
package import Wire

/// Who serves the calls of a listener's connections. Called on the socket thread.
package protocol ListenerDelegate: AnyObject {
    /// CALL with a new id. `refused` means that the server is draining.
    func callOpened(_ header: Header, payload: UnsafeRawBufferPointer, on connection: ServerConnection, refused: Bool)
    /// MESSAGE, HALF_CLOSE, CREDIT or CANCEL of a call that was opened once and may have ended.
    func received(_ header: Header, payload: UnsafeRawBufferPointer, on connection: ServerConnection)
    /// Every call of the connection is void; nothing can be sent on it.
    func connectionEnded(_ connection: ServerConnection)
}

/// One bound socket of a server and the connections on it. Confined to the socket thread.
package final class Listener: ServerSocketSink, TimerTarget {
    package let socket: any ServerSocket
    let loop: SocketThread
    let configuration: ConnectionConfiguration
    let metrics: TransportMetrics
    let logger: Logger
    private let security: ServerSecurity
    /// Until it is closed.
    private var delegate: (any ListenerDelegate)?
    private(set) var connections: [PeerID: ServerConnection] = [:]
    /// Of whom the last message was, which most often sends the next one too.
    private var lastConnection: ServerConnection?
    private var draining = false

    package var openConnections: [ServerConnection] { Array(connections.values) }

    private var scratch: [UInt8] = []
    private var bytesInFlight = 0
    /// For messages without a payload to peers without a connection.
    private let uncounted = BytesInFlight()
    private var blocked: [PeerID: ServerConnection] = [:]
    private var flushTimer: TimerID?

    /// Adopts a bound socket; what arrives goes to `delegate`.
    package init(
        socket: any ServerSocket, loop: SocketThread, security: ServerSecurity, configuration: ConnectionConfiguration,
        metrics: TransportMetrics, logger: Logger, delegate: any ListenerDelegate
    ) {
        self.socket = socket
        self.loop = loop
        self.security = security
        self.configuration = configuration
        self.metrics = metrics
        self.logger = logger
        self.delegate = delegate
        socket.sink = self
        loop.add(socket)
    }

    // MARK: Receiving

    package func receivedMalformed(from peer: PeerID?, frameCount: Int) {
        metrics.countMalformed(peer == nil ? .routingID : .frameCount)
        guard let peer, let connection = connections[peer] else { return }
        perform(connection.machine.broken(.frameCount, "a message has 2 frames, not \(frameCount)"), on: connection, counted: true)
    }

    private func connection(of peer: PeerID) -> ServerConnection? {
        if let last = lastConnection, last.peer == peer { return last }
        lastConnection = connections[peer]
        return lastConnection
    }

    package func received(
        from peer: PeerID, user: @autoclosure () -> String?, header bytes: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer
    ) {
        let connection = connection(of: peer)
        let header: Header
        do {
            header = try Header.decode(frame: bytes)
        } catch {
            metrics.countMalformed(.header)
            guard let connection else { return }
            perform(connection.machine.broken(.header, "header: \(error)"), on: connection, counted: true)
            return
        }
        let input = ServerConnectionMachine.Input(
            version: header.version, kind: header.kind, epoch: header.epoch, callID: header.callID)
        if let connection {
            if let key = connection.user, key != user() {
                metrics.countMalformed(.identity)
                return
            }
            connection.heartbeat.received(now: loop.now)
            let action = connection.machine.received(input)
            switch action {
            case .deliver: delegate?.received(header, payload: payload, on: connection)
            case .open: delegate?.callOpened(header, payload: payload, on: connection, refused: false)
            case .refuseDraining: delegate?.callOpened(header, payload: payload, on: connection, refused: true)
            case .welcome: accept(header, from: peer, user: user(), machine: connection.machine, replacing: connection)
            default: perform(action, on: connection, header: header)
            }
        } else {
            receivedFromStranger(header, input, from: peer, user: user())
        }
    }

    private func receivedFromStranger(_ header: Header, _ input: ServerConnectionMachine.Input, from peer: PeerID, user: String?) {
        var machine = ServerConnectionMachine()
        switch machine.received(input) {
        case .welcome: accept(header, from: peer, user: user, machine: machine, replacing: nil)
        case .bye(let code, let message, let reason):
            if let reason { metrics.countMalformed(reason) }
            sayBye(code, message, epoch: header.epoch, to: peer)
        case .drop(let reason): metrics.countMalformed(reason)
        default: break
        }
    }

    private func accept(
        _ header: Header, from peer: PeerID, user: String?, machine: ServerConnectionMachine, replacing old: ServerConnection?
    ) {
        if let old { forget(old) }
        if draining { return sayBye(.unavailable, "the server is shutting down", epoch: header.epoch, to: peer) }
        guard connections.count < configuration.maxConnections else {
            let message = "the server has \(configuration.maxConnections) connections, its limit (max_connections)"
            return sayBye(.resourceExhausted, message, epoch: header.epoch, to: peer)
        }
        guard let identity = security.peer(userID: user) else {
            metrics.countDeniedAuth()
            return sayBye(.unauthenticated, "the key is not in the allow-list", epoch: header.epoch, to: peer)
        }
        let connection = ServerConnection(
            peer: peer, listener: self, machine: machine, epoch: header.epoch, limits: PeerLimits(header.limits), user: user,
            identity: identity)
        connections[peer] = connection
        lastConnection = connection
        metrics.countPeer(opened: true)
        connection.heartbeatTimer = loop.schedule(at: loop.now + connection.heartbeat.tickInterval, connection)
        connection.send(Header(kind: .hello, limits: configuration.limits))
    }

    private func perform(
        _ action: ServerConnectionMachine.Action, on connection: ServerConnection, header: Header = Header(), counted: Bool = false
    ) {
        switch action {
        case .noCall(let answer):
            guard answer else { break }
            metrics.countMalformed(.noCall)
            connection.send(
                Header(
                    kind: .status, callID: header.callID, status: StatusCode.internal.rawValue,
                    statusMessage: "\(header.kind.label) for call \(header.callID), which was never opened"))
        case .pong: connection.send(Header(kind: .pong, sequence: header.sequence))
        case .drop(let reason): metrics.countMalformed(reason)
        case .bye(let code, let message, let reason):
            if let reason, !counted { metrics.countMalformed(reason) }
            logger.debug(
                "connection ended: its peer broke the protocol",
                metadata: ["peer.name": "\(connection.identity.name)", "rule": "\(message)"])
            // A HELLO asks for an epoch of its own.
            sayBye(code, message, epoch: header.kind == .hello ? header.epoch : connection.epoch, to: connection.peer)
            forget(connection)
        case .forget: forget(connection)
        case .ignore, .welcome, .open, .refuseDraining, .deliver: break
        }
    }

    // MARK: Sending

    private func sayBye(_ code: StatusCode, _ message: String, epoch: UInt64, to peer: PeerID) {
        let header = Header(version: 1, kind: .bye, epoch: epoch, status: code.rawValue, statusMessage: message)
        // To a peer that takes nothing BYE is lost too: liveness tells it.
        if encode(header) { _ = scratch.withUnsafeBytes { socket.send(to: peer, header: $0, payload: [], inFlight: uncounted) } }
    }

    private func encode(_ header: Header) -> Bool {
        do {
            try header.encodeFrame(into: &scratch)
            return true
        } catch {
            logger.error("a header cannot be encoded", metadata: ["kind": "\(header.kind.label)", "error": "\(error)"])
            return false
        }
    }

    /// - Returns: whether it was sent or waits to be; else the connection is gone.
    func send(_ header: Header, payload: Payload, on connection: ServerConnection, observer: (any DepartureObserver)?) -> Bool {
        guard connection.isOpen, encode(header) else { return false }
        let wasEmpty = connection.outbound.isEmpty
        let outcome = scratch.withUnsafeBytes {
            connection.outbound.send(header: $0, payload: payload, observer: observer) {
                socket.send(to: connection.peer, header: $0, payload: $1, inFlight: connection.inFlight)
            }
        }
        switch outcome {
        case .sent:
            observer?.departed(bytes: payload.count)
            return true
        case .queued:
            if wasEmpty { waitForWay(connection) }
            return true
        case .unreachable:
            metrics.countRejection(.unreachable)
            forget(connection)
            return false
        case .overflow:
            metrics.countRejection(.queueFull)
            logger.warning(
                "connection forgotten: its peer takes nothing and its queue is full",
                metadata: ["peer.name": "\(connection.identity.name)", "limit.bytes": "\(configuration.maxQueuedBytes)"])
            forget(connection)
            return false
        }
    }

    /// ZeroMQ does not tell when a ROUTER's way to a peer is free again, so that it is tried every 2 ms.
    private func waitForWay(_ connection: ServerConnection) {
        blocked[connection.peer] = connection
        if flushTimer == nil { flushTimer = loop.schedule(at: loop.now + .milliseconds(2), self) }
    }

    private func flush(_ connection: ServerConnection) -> Bool {
        var departed: [(observer: any DepartureObserver, bytes: Int)] = []
        let reachable = connection.outbound.flush(
            by: { socket.send(to: connection.peer, header: $0, payload: $1, inFlight: connection.inFlight) }, departed: &departed)
        for (observer, bytes) in departed { observer.departed(bytes: bytes) }
        return reachable
    }

    package func timerFired(token: UInt64, now: MonotonicTime) {
        flushTimer = nil
        for connection in blocked.values {
            if !flush(connection) {
                forget(connection)
            } else if connection.outbound.isEmpty {
                blocked[connection.peer] = nil
            }
        }
        if !blocked.isEmpty { flushTimer = loop.schedule(at: now + .milliseconds(2), self) }
    }

    // MARK: Ends

    /// Forgets the connection without a word to it.
    func forget(_ connection: ServerConnection) {
        guard connection.isOpen else { return }
        connection.isOpen = false
        report(0, of: connection)
        connections[connection.peer] = nil
        lastConnection = nil
        blocked[connection.peer] = nil
        metrics.countPeer(opened: false)
        if let timer = connection.heartbeatTimer { loop.cancel(timer) }
        delegate?.connectionEnded(connection)
    }

    func heartbeat(of connection: ServerConnection, now: MonotonicTime) {
        report(connection.inFlight.count + connection.outbound.bytes, of: connection)
        guard connection.isOpen else { return }
        // With messages still unread, silence proves nothing.
        let action = loop.isQuiet ? connection.heartbeat.tick(now: now) : .none
        switch action {
        case .none: break
        case .ping:
            metrics.countMissedHeartbeat()
            connection.send(Header(kind: .ping))
        case .dead:
            metrics.countLostPeer()
            logger.info("connection lost: silent for too long", metadata: ["peer.name": "\(connection.identity.name)"])
            forget(connection)
        }
        guard connection.isOpen else { return }
        connection.heartbeatTimer = loop.schedule(at: now + connection.heartbeat.tickInterval, connection)
    }

    /// Keeps the sum over all connections without walking them.
    private func report(_ bytes: Int, of connection: ServerConnection) {
        bytesInFlight += bytes - connection.reportedBytes
        connection.reportedBytes = bytes
        metrics.setBytesInFlight(bytesInFlight)
    }

    /// After the allow-list was read again: ends the connections of keys that are gone, and renews the roles of the others.
    package func identitiesChanged() {
        for connection in connections.values {
            if let identity = security.peer(userID: connection.user) {
                connection.identity = identity
            } else {
                metrics.countDeniedAuth()
                sayBye(.unauthenticated, "the key is no longer in the allow-list", epoch: connection.epoch, to: connection.peer)
                forget(connection)
            }
        }
    }

    /// Sends GOAWAY to every connection; calls that come later are refused.
    package func drain() {
        guard !draining else { return }
        draining = true
        for connection in connections.values where connection.machine.drain() {
            connection.send(
                Header(
                    kind: .goaway, status: StatusCode.unavailable.rawValue, statusMessage: "the server is shutting down"))
        }
    }

    /// Says BYE to every connection and closes the socket, giving what was sent `linger` to leave.
    package func close(linger: Nanoseconds) {
        for connection in connections.values {
            _ = flush(connection)
            sayBye(.unavailable, "the server is shutting down", epoch: connection.epoch, to: connection.peer)
            forget(connection)
        }
        if let flushTimer { loop.cancel(flushTimer) }
        flushTimer = nil
        loop.remove(socket)
        socket.close(linger: linger)
        delegate = nil
    }
}
