internal import CoreMetrics
internal import DequeModule
internal import Logging
internal import Transport
internal import Wire

/// Every call of a client, and its connection. Confined to the socket thread.
final class ClientCore: ClientConnectorDelegate, DepartureObserver {
    private let configuration: ClientConfiguration
    private let loop: SocketThread
    private let transportMetrics: TransportMetrics
    private let metricsFactory: any MetricsFactory
    private var metrics: [String: ClientMethodMetrics] = [:]
    /// Of the method that was called last, which most often is the next one too.
    private var lastMetrics: ClientMethodMetrics?
    private var connector: ClientConnector!
    /// What the server told; the defaults until then.
    private(set) var serverLimits = PeerLimits(nil)
    private var calls = CallTable<ClientCallRecord>()
    /// Calls that wait for the connection. Ended ones are dropped when they come up.
    private var waiting: Deque<ClientCallRecord> = []
    private var lastCallID: UInt64 = 0
    /// Of the connection.
    private var budget = OutboundBudget()
    /// Calls without an outcome.
    private(set) var openCalls = 0

    init(
        configuration: ClientConfiguration, loop: SocketThread, logger: Logger, metricsFactory: any MetricsFactory
    ) {
        self.configuration = configuration
        self.loop = loop
        transportMetrics = TransportMetrics(factory: metricsFactory)
        self.metricsFactory = metricsFactory
        connector = ClientConnector(
            loop: loop, endpoint: configuration.endpoint, security: configuration.security, configuration: configuration.connection,
            metrics: transportMetrics, logger: logger, delegate: self)
    }

    // MARK: Beginning

    func start(_ record: ClientCallRecord) {
        record.hasBegun = true
        openCalls += 1
        record.startedAt = loop.now
        let metrics = metrics(of: record.method)
        record.metrics = metrics
        metrics.started()
        if let error = record.cancelledEarly { return cancel(record, error) }
        if let deadline = record.deadline { record.deadlineTimer = loop.schedule(at: deadline, record) }
        connector.connect()
        switch connector.state {
        case .ready: open(record)
        case .connecting: wait(record)
        case .idle, .waiting, .draining:
            guard record.waitForReady else {
                let loss = connector.lastLoss ?? ConnectionLoss(.unavailable, "not connected to \(configuration.endpoint)")
                let text = connector.state == .draining ? "the server is shutting down" : loss.message
                return cancel(record, RPCError(loss.code, text))
            }
            wait(record)
        case .closed: cancel(record, RPCError(.cancelled, "the client is closed"))
        }
    }

    private func metrics(of method: MethodInfo) -> ClientMethodMetrics {
        if let last = lastMetrics, last.info === method { return last }
        let found = metrics[method.path] ?? ClientMethodMetrics(method, factory: metricsFactory)
        metrics[method.path] = found
        lastMetrics = found
        return found
    }

    private func wait(_ record: ClientCallRecord) {
        if waiting.count >= configuration.maxWaitingCalls { waiting.removeAll { $0.machine.state == .ended } }
        guard waiting.count < configuration.maxWaitingCalls else {
            let error = RPCError.tryLater(
                .resourceExhausted, "\(waiting.count) calls wait for the connection (max_waiting_calls)", retryAfter: .milliseconds(100))
            return cancel(record, error)
        }
        waiting.append(record)
    }

    private func open(_ record: ClientCallRecord) {
        guard record.machine.state == .waiting else { return }
        guard calls.count < serverLimits.maxCallsInFlight else {
            let error = RPCError.tryLater(
                .resourceExhausted,
                "\(calls.count) calls are open on the connection, as many as the server takes (max_calls_in_flight)",
                retryAfter: .milliseconds(100))
            return cancel(record, error)
        }
        guard record.request.count <= serverLimits.maxFrameBytes else {
            transportMetrics.countRejection(.tooLarge)
            let limit = serverLimits.maxFrameBytes
            return cancel(
                record,
                RPCError(
                    .resourceExhausted,
                    "a request of \(record.request.count) bytes; the server takes at most \(limit) (max_frame_bytes)"))
        }
        var timeout: UInt64 = 0
        if let deadline = record.deadline {
            let left = (deadline - loop.now).count
            guard left > 0 else { return cancel(record, RPCError(.deadlineExceeded, "the deadline passed before the call was sent")) }
            timeout = UInt64((left + 999) / 1_000)
        }
        if !record.metadata.isEmpty, let error = metadataError(record.metadata) { return cancel(record, error) }
        lastCallID += 1
        record.callID = lastCallID
        record.machine.opened()
        calls.insert(record, for: record.callID)
        let request = record.request
        record.request = []
        let header = Header(
            kind: .call, callID: record.callID, method: record.method.path, timeoutUs: timeout, metadata: record.metadata)
        guard connector.send(header, payload: request) else {
            return cancel(record, .tryLater(.unavailable, "the way to the server is full", retryAfter: .milliseconds(100)))
        }
        record.outbound?.open(serverLimits, budget: budget)
        if record.requestsEnded { endRequests(record) }
    }

    private func metadataError(_ metadata: [Metadata]) -> RPCError? {
        if let key = metadata.firstBadKey {
            return RPCError(.internal, "metadata key \"\(key.prefix(80))\" is not of the form [a-z0-9_.-]{1,64}")
        }
        guard metadata.count <= [Metadata].maxCount else {
            return RPCError(.resourceExhausted, "metadata of \(metadata.count) entries; a header holds at most \([Metadata].maxCount)")
        }
        let count = metadata.byteCount
        guard count > serverLimits.maxMetadataBytes else { return nil }
        transportMetrics.countRejection(.tooLarge)
        return RPCError(
            .resourceExhausted, "metadata of \(count) bytes; the server takes at most \(serverLimits.maxMetadataBytes) (max_metadata_bytes)"
        )
    }

    // MARK: The caller's side

    func send(_ message: [UInt8], of record: ClientCallRecord) {
        guard let sequence = record.machine.send() else { return departed(bytes: message.count) }
        let header = Header(kind: .message, callID: record.callID, sequence: sequence)
        if !connector.send(header, payload: message, observer: self) {
            departed(bytes: message.count)
            cancel(record, RPCError(.unavailable, "the way to the server is full"))
        }
    }

    func departed(bytes: Int) {
        guard budget.departed(bytes: bytes) else { return }
        for record in calls.values { record.outbound?.wake() }
    }

    func endRequests(_ record: ClientCallRecord) {
        record.requestsEnded = true
        guard record.machine.endRequests() else { return }
        _ = connector.send(Header(kind: .halfClose, callID: record.callID, messageCount: record.machine.sentCount))
    }

    func grant(_ record: ClientCallRecord, messages: Int, bytes: Int) {
        guard record.machine.grant(messages: messages, bytes: bytes) else { return }
        _ = connector.send(
            Header(kind: .credit, callID: record.callID, creditMessages: UInt32(clamping: messages), creditBytes: UInt64(clamping: bytes)))
    }

    /// Ends a call from this side, with CANCEL if the server knows of it.
    func cancel(_ record: ClientCallRecord, _ error: RPCError) {
        guard record.hasBegun else {
            // `start` is on its way; whoever waits for the outcome may not even wait yet.
            record.cancelledEarly = error
            return
        }
        switch record.machine.end() {
        case .ended: return
        case .waiting: break
        case .open: _ = connector.send(Header(kind: .cancel, callID: record.callID))
        }
        ended(record, .failure(error))
    }

    /// The reply of a call that has ended does not decode.
    func countMalformedReply() { transportMetrics.countMalformed(.payload) }

    /// A response does not decode.
    func malformedPayload(_ record: ClientCallRecord, _ error: RPCError) {
        transportMetrics.countMalformed(.payload)
        cancel(record, error)
    }

    // MARK: The server's side

    func connectionReady(_ limits: PeerLimits) {
        serverLimits = limits
        lastCallID = 0
        budget = OutboundBudget()
        let ready = waiting
        waiting = []
        for record in ready { open(record) }
    }

    func connectionDraining() { tellIfDrained() }

    private func tellIfDrained() { if calls.isEmpty, connector.state == .draining { connector.callsEnded() } }

    func received(_ header: Header, payload: UnsafeRawBufferPointer) {
        guard let record = calls[header.callID] else { return }
        switch header.kind {
        case .status:
            if !header.metadata.isEmpty, !header.metadata.mayTravel(maxBytes: configuration.connection.maxMetadataBytes) {
                transportMetrics.countMalformed(.metadata)
                return cancel(record, RPCError(.internal, "the server's trailers break a rule: a key, or their size (max_metadata_bytes)"))
            }
            let action = record.machine.status(StatusCode(wireValue: header.status), messageCount: header.messageCount)
            perform(action, record, header, payload)
        case .message:
            let action = record.machine.message(
                sequence: header.sequence, bytes: payload.count, maxFrameBytes: configuration.connection.maxFrameBytes)
            perform(action, record, header, payload)
        case .credit: record.outbound?.add(messages: Int(header.creditMessages), bytes: Int(clamping: header.creditBytes))
        default: break
        }
    }

    private func perform(
        _ action: ClientCallMachine.Action, _ record: ClientCallRecord, _ header: Header, _ payload: UnsafeRawBufferPointer
    ) {
        switch action {
        case .deliver: record.inbound?.push(Array(payload))
        case .ignore: break
        case .succeed:
            guard payload.count <= configuration.connection.maxFrameBytes else {
                transportMetrics.countMalformed(.frameBytes)
                let limit = configuration.connection.maxFrameBytes
                let error = RPCError(.resourceExhausted, "a reply of \(payload.count) bytes; at most \(limit) are taken (max_frame_bytes)")
                return ended(record, .failure(error))
            }
            ended(record, .success(ClientReply(payload: Array(payload), trailers: header.metadata)))
        case .fail(let code):
            ended(record, .failure(RPCError(code, header.statusMessage, details: header.details, metadata: header.metadata)))
        case .cancel(let fault):
            transportMetrics.countMalformed(fault.reason)
            if header.kind != .status { _ = connector.send(Header(kind: .cancel, callID: record.callID)) }
            ended(record, .failure(fault.error))
        }
    }

    func connectionLost(_ loss: ConnectionLoss) {
        let error = RPCError(loss.code, loss.message)
        for record in calls.values where record.machine.end() != .ended { ended(record, .failure(error)) }
        let waited = waiting
        waiting = []
        for record in waited where record.machine.state == .waiting {
            if record.waitForReady { waiting.append(record) } else if record.machine.end() != .ended { ended(record, .failure(error)) }
        }
    }

    // MARK: Ends

    /// The one way out: what the call held is let go, and its caller is told.
    private func ended(_ record: ClientCallRecord, _ outcome: Result<ClientReply, RPCError>) {
        openCalls -= 1
        calls.remove(record.callID)
        if let timer = record.deadlineTimer {
            loop.cancel(timer)
            record.deadlineTimer = nil
        }
        var code = StatusCode.ok
        switch outcome {
        case .success: record.inbound?.finish()
        case .failure(let error):
            code = error.code
            record.inbound?.finish(error)
        }
        if case .failure(let error) = outcome {
            record.outbound?.end(error)
        } else {
            record.outbound?.end(RPCError(.cancelled, "the server has ended the call"))
        }
        record.metrics?.handled(code, loop.now - record.startedAt)
        record.end(outcome)
        tellIfDrained()
    }

    func close() {
        let error = RPCError(.cancelled, "the client was closed")
        for record in calls.values { cancel(record, error) }
        for record in waiting { cancel(record, error) }
        waiting = []
        connector.close()
    }

    var connectionState: ClientConnector.State { connector.state }
}
