internal import CoreMetrics
internal import Logging
internal import Transport
internal import Wire

/// A method with its counters.
final class ServedMethod {
    let entry: Router.Entry
    let metrics: ServerMethodMetrics

    init(entry: Router.Entry, metrics: ServerMethodMetrics) {
        self.entry = entry
        self.metrics = metrics
    }
}

/// Every call of a server, from CALL to STATUS. Confined to the socket thread: what handlers do on other threads comes back here.
///
/// `@unchecked` because handlers' closures carry it through other threads to come back here.
final class ServerCore: ListenerDelegate, TimerTarget, @unchecked Sendable {
    private let methods: [String: ServedMethod]
    private let unknownMethodMetrics: ServerMethodMetrics
    private let chain: ServerInterceptorChain
    private let configuration: ServerConfiguration
    let loop: SocketThread
    private let logger: Logger
    let transportMetrics: TransportMetrics
    private(set) var listeners: [Listener] = []

    /// The open calls of a connection.
    private final class ConnectionCalls: DepartureObserver {
        var records = CallTable<ServerCallRecord>()
        /// What was called last, which most often is the next one too.
        var lastMethod: ServedMethod?
        let budget = OutboundBudget()

        func departed(bytes: Int) {
            guard budget.departed(bytes: bytes) else { return }
            for record in records.values { record.outbound?.wake() }
        }
    }

    private var admission: AdmissionQueue<ServerCallRecord>
    /// Calls that have no status yet.
    private(set) var openCalls = 0
    /// Of all calls: bounded by `maxHeldBytes`, so that many callers together cannot exhaust the memory.
    private var heldBytes = 0
    private var idleWaiter: (continuation: UnsafeContinuation<Bool, Never>, timer: TimerID)?

    init(
        router: Router, interceptors: [any ServerInterceptor], configuration: ServerConfiguration, loop: SocketThread, logger: Logger,
        metricsFactory: any MetricsFactory
    ) {
        methods = router.entries.mapValues { ServedMethod(entry: $0, metrics: ServerMethodMetrics($0.info, factory: metricsFactory)) }
        unknownMethodMetrics = ServerMethodMetrics(nil, factory: metricsFactory)
        chain = ServerInterceptorChain(interceptors)
        self.configuration = configuration
        self.loop = loop
        self.logger = logger
        transportMetrics = TransportMetrics(factory: metricsFactory)
        admission = AdmissionQueue(maxRunning: configuration.maxRunningCalls, maxWaiting: configuration.maxWaitingCalls)
    }

    /// Handlers that run, of calls that may have ended.
    var runningHandlers: Int { admission.running }

    // MARK: Listening

    /// Binds every endpoint, or none.
    func listen() throws -> [Endpoint] {
        do {
            for endpoint in configuration.endpoints {
                let security = configuration.security(for: endpoint)
                let socket = try loop.makeServerSocket(
                    endpoint, security: security, maxFrameBytes: configuration.connection.maxFrameBytes, metrics: transportMetrics)
                listeners.append(
                    Listener(
                        socket: socket, loop: loop, security: security, configuration: configuration.connection, metrics: transportMetrics,
                        logger: logger, delegate: self))
            }
        } catch {
            close(linger: Nanoseconds(0))
            throw error
        }
        return listeners.map { $0.socket.boundEndpoint }
    }

    func drain() { for listener in listeners { listener.drain() } }

    func close(linger: Nanoseconds) {
        for listener in listeners { listener.close(linger: linger) }
        listeners = []
    }

    func identitiesChanged() { for listener in listeners { listener.identitiesChanged() } }

    /// Resumes `continuation` with true as soon as no call is open and no handler runs, or with false after `budget`. One at a time.
    func whenIdle(within budget: Nanoseconds, _ continuation: UnsafeContinuation<Bool, Never>) {
        precondition(idleWaiter == nil, "somebody waits already")
        idleWaiter = (continuation, loop.schedule(at: loop.now + budget, self))
        tellIfIdle()
    }

    private func tellIfIdle() {
        guard let waiter = idleWaiter, openCalls == 0, admission.running == 0 else { return }
        idleWaiter = nil
        loop.cancel(waiter.timer)
        waiter.continuation.resume(returning: true)
    }

    /// The budget of `whenIdle` is used up.
    func timerFired(token: UInt64, now: MonotonicTime) {
        guard let waiter = idleWaiter else { return }
        idleWaiter = nil
        waiter.continuation.resume(returning: false)
    }

    /// Ends every open call with `error`.
    func endAll(_ error: RPCError) {
        for listener in listeners {
            for connection in listener.openConnections {
                for record in calls(of: connection).records.values { end(record, error) }
            }
        }
    }

    // MARK: CALL

    func callOpened(_ header: Header, payload: UnsafeRawBufferPointer, on connection: ServerConnection, refused: Bool) {
        let calls = calls(of: connection)
        let method = served(header.method, calls)
        let metrics = method?.metrics ?? unknownMethodMetrics
        metrics.started()
        do throws(RPCError) {
            let method = try check(
                header, payload: payload, on: connection, refused: refused, method: method, openCalls: calls.records.count)
            try accept(header, payload: payload, on: connection, method: method, calls: calls)
        } catch {
            metrics.handled(error.code, Nanoseconds(0), received: 0, sent: 0)
            connection.send(
                .status(error, callID: header.callID, messageCount: 0, maxMetadataBytes: connection.limits.maxMetadataBytes))
        }
    }

    private func served(_ path: String, _ calls: ConnectionCalls) -> ServedMethod? {
        if let last = calls.lastMethod, last.entry.info.path == path { return last }
        guard let found = methods[path] else { return nil }
        calls.lastMethod = found
        return found
    }

    private func check(
        _ header: Header, payload: UnsafeRawBufferPointer, on connection: ServerConnection, refused: Bool, method: ServedMethod?,
        openCalls: Int
    ) throws(RPCError) -> ServedMethod {
        if refused { throw .tryLater(.unavailable, "the server is shutting down", retryAfter: configuration.retryAfter) }
        guard header.method.utf8.count <= 256 else {
            throw RPCError(.internal, "a method of \(header.method.utf8.count) bytes; at most 256")
        }
        guard let method else { throw RPCError(.unimplemented, "no method \(header.method) is served here") }
        let limits = configuration.connection
        guard payload.count <= limits.maxFrameBytes else {
            connection.countMalformed(.frameBytes)
            throw RPCError(
                .resourceExhausted, "a request of \(payload.count) bytes; at most \(limits.maxFrameBytes) are taken (max_frame_bytes)")
        }
        if !header.metadata.isEmpty {
            let count = header.metadata.byteCount
            guard count <= limits.maxMetadataBytes else {
                connection.countMalformed(.metadata)
                throw RPCError(
                    .resourceExhausted, "metadata of \(count) bytes; at most \(limits.maxMetadataBytes) are taken (max_metadata_bytes)")
            }
            if let key = header.metadata.firstBadKey {
                connection.countMalformed(.metadata)
                throw RPCError(.internal, "metadata key \"\(key.prefix(80))\" is not of the form [a-z0-9_.-]{1,64}")
            }
        }
        if method.entry.info.kind.requestsStream, payload.count > 0 {
            connection.countMalformed(.payload)
            throw RPCError(.internal, "\(header.method) streams its requests: CALL has no payload")
        }
        guard openCalls < limits.maxCallsInFlight else {
            throw .tryLater(
                .resourceExhausted, "this connection has \(limits.maxCallsInFlight) open calls, the limit (max_calls_in_flight)",
                retryAfter: configuration.retryAfter)
        }
        return method
    }

    private func accept(
        _ header: Header, payload: UnsafeRawBufferPointer, on connection: ServerConnection, method: ServedMethod, calls: ConnectionCalls
    ) throws(RPCError) {
        let deadline = header.timeoutUs == 0 ? nil : loop.now + Nanoseconds(Int64(clamping: header.timeoutUs.multipliedClamped(by: 1_000)))
        let call = ServerCall(
            method: method.entry.info, metadata: header.metadata, deadline: deadline, peer: connection.identity, callID: header.callID)
        let record = ServerCallRecord(
            core: self, call: call, method: method, connection: connection, request: Array(payload),
            startedAt: loop.now, budget: calls.budget, departures: calls, configuration: configuration.connection)
        // What a stream may have on the way without a word of ours counts from its beginning: a message within its credit is never refused.
        let held = method.entry.info.kind.requestsStream ? configuration.connection.initialCreditBytes : payload.count
        guard heldBytes + held <= configuration.maxHeldBytes else {
            throw .tryLater(
                .resourceExhausted, "the server holds \(heldBytes) bytes of requests (max_held_bytes)", retryAfter: configuration.retryAfter
            )
        }
        let admitted = admission.admit(record)
        guard admitted != .refuse else {
            throw .tryLater(
                .resourceExhausted, "the server's queue is full: \(configuration.maxWaitingCalls) calls wait (max_waiting_calls)",
                retryAfter: configuration.retryAfter)
        }
        hold(held, record)
        calls.records.insert(record, for: header.callID)
        openCalls += 1
        if let deadline { record.deadlineTimer = loop.schedule(at: deadline, record) }
        if admitted == .run { run(record) } else { record.waits = true }
    }

    /// - Parameter bytes: negative when they are let go.
    private func hold(_ bytes: Int, _ record: ServerCallRecord) {
        record.heldBytes += bytes
        heldBytes += bytes
    }

    private func calls(of connection: ServerConnection) -> ConnectionCalls {
        if let calls = connection.attachment { return unsafeDowncast(calls, to: ConnectionCalls.self) }
        let calls = ConnectionCalls()
        connection.attachment = calls
        return calls
    }

    // MARK: Handlers

    private func run(_ record: ServerCallRecord) {
        let streams = ServerStreams(
            request: record.request, decodingLimits: configuration.decoding, record: record, core: self)
        record.request = []
        switch record.method.entry.execution {
        case .pool: record.task = Task { await self.handle(record, streams) }
        // Begins here and now; a handler that never waits has ended when this returns.
        case .socketThread:
            let task = Task.immediate(executorPreference: loop) { await self.handle(record, streams) }
            guard !record.handlerEnded else { return }
            record.task = task
            if record.machine.state == .ended { task.cancel() }
        }
    }

    private func handle(_ record: ServerCallRecord, _ streams: ServerStreams) async {
        let result: Result<[UInt8], RPCError>
        do {
            result = .success(try await chain.run(record.method.entry.handler, record.call, streams))
        } catch {
            if !(error is RPCError), !(error is CancellationError) {
                logger.error("a handler failed", metadata: ["rpc.method": "\(record.call.method.path)", "error": "\(error)"])
            }
            result = .failure(RPCError(from: error))
        }
        if loop.isCurrent { handlerEnded(record, result) } else { loop.execute { self.handlerEnded(record, result) } }
    }

    private func handlerEnded(_ record: ServerCallRecord, _ result: Result<[UInt8], RPCError>) {
        record.task = nil
        record.handlerEnded = true
        switch result {
        case .success(let reply): succeed(record, reply)
        case .failure(let error): end(record, error)
        }
        slotIsFree()
        tellIfIdle()
    }

    /// Gives a handler's slot to the call that waits longest.
    private func slotIsFree() {
        guard let next = admission.finished(stillWaits: { $0.waits }) else { return }
        next.waits = false
        // Not from here: a queue full of handlers that end at once would be as many calls deep.
        loop.later {
            if next.machine.state == .ended {
                self.slotIsFree()
                self.tellIfIdle()
            } else {
                self.run(next)
            }
        }
    }

    func send(_ message: [UInt8], of record: ServerCallRecord) {
        guard let connection = record.connection, let sequence = record.machine.send() else {
            return record.departures.departed(bytes: message.count)
        }
        connection.send(
            Header(kind: .message, callID: record.call.callID, sequence: sequence), payload: message, observer: record.departures)
    }

    func grant(_ record: ServerCallRecord, messages: Int, bytes: Int) {
        guard let connection = record.connection else { return }
        guard record.machine.grant(messages: messages, bytes: bytes) else { return }
        connection.send(
            Header(
                kind: .credit, callID: record.call.callID, creditMessages: UInt32(clamping: messages), creditBytes: UInt64(clamping: bytes))
        )
    }

    // MARK: Messages of open calls

    func received(_ header: Header, payload: UnsafeRawBufferPointer, on connection: ServerConnection) {
        guard let record = calls(of: connection).records[header.callID] else { return }
        switch header.kind {
        case .message:
            let action = record.machine.message(
                sequence: header.sequence, bytes: payload.count, maxFrameBytes: configuration.connection.maxFrameBytes)
            perform(action, record, payload: payload)
        case .halfClose: perform(record.machine.halfClose(messageCount: header.messageCount), record, payload: payload)
        case .credit: record.outbound?.add(messages: Int(header.creditMessages), bytes: Int(clamping: header.creditBytes))
        case .cancel:
            guard record.machine.end() else { return }
            ended(record, .cancelled)
        default: break
        }
    }

    private func perform(_ action: ServerCallMachine.Action, _ record: ServerCallRecord, payload: UnsafeRawBufferPointer) {
        switch action {
        case .deliver:
            record.inbound?.push(Array(payload))
        case .endOfRequests: record.inbound?.finish()
        case .ignore: break
        case .fail(let fault):
            record.connection?.countMalformed(fault.reason)
            sendStatus(record, fault.error)
            ended(record, fault.error)
        }
    }

    func deadlinePassed(_ record: ServerCallRecord) {
        end(record, RPCError(.deadlineExceeded, "the deadline passed on the server"))
    }

    func connectionEnded(_ connection: ServerConnection) {
        let calls = calls(of: connection)
        let records = calls.records
        // The records know their table: left in it, they and it would keep each other for ever.
        calls.records = CallTable()
        connection.attachment = nil
        for record in records.values where record.machine.end() { ended(record, RPCError(.cancelled, "the caller's connection ended")) }
    }

    // MARK: Ends

    private func succeed(_ record: ServerCallRecord, _ reply: [UInt8]) {
        guard let connection = record.connection else { return }
        guard reply.count <= connection.limits.maxFrameBytes else {
            let limit = connection.limits.maxFrameBytes
            return end(
                record, RPCError(.resourceExhausted, "a reply of \(reply.count) bytes; the caller takes at most \(limit) (max_frame_bytes)")
            )
        }
        let trailers = record.call.allTrailers.fitting(connection.limits.maxMetadataBytes)
        guard record.machine.end() else { return }
        connection.send(
            Header(kind: .status, callID: record.call.callID, metadata: trailers, messageCount: record.machine.sentCount), payload: reply)
        ended(record, nil)
    }

    /// Ends a call with STATUS, unless it has ended.
    private func end(_ record: ServerCallRecord, _ error: RPCError) {
        guard record.machine.end() else { return }
        sendStatus(record, error)
        ended(record, error)
    }

    private func sendStatus(_ record: ServerCallRecord, _ error: RPCError) {
        guard let connection = record.connection else { return }
        var error = error
        if error.metadata.isEmpty { error.metadata = record.call.allTrailers }
        connection.send(
            .status(
                error, callID: record.call.callID, messageCount: record.machine.sentCount,
                maxMetadataBytes: connection.limits.maxMetadataBytes))
    }

    /// The one way out: what the call held is let go, and its handler, if it still runs, is told.
    private func ended(_ record: ServerCallRecord, _ error: RPCError?) {
        openCalls -= 1
        record.request = []
        hold(-record.heldBytes, record)
        if let connection = record.connection {
            if let calls = connection.attachment {
                unsafeDowncast(calls, to: ConnectionCalls.self).records.remove(record.call.callID)
            }
            record.connection = nil
        }
        if let timer = record.deadlineTimer {
            loop.cancel(timer)
            record.deadlineTimer = nil
        }
        if record.waits {
            record.waits = false
            admission.abandoned(stillWaits: { $0.waits })
        }
        let code = error?.code ?? .ok
        record.method.metrics.handled(
            code, loop.now - record.startedAt, received: record.machine.inbound.count, sent: record.machine.sentCount)
        if let error {
            record.inbound?.finish(error)
            record.inbound?.discard()
            record.outbound?.end(error)
            record.task?.cancel()
        } else {
            record.outbound?.end(RPCError(.cancelled, "the handler has returned"))
        }
        tellIfIdle()
    }
}

extension UInt64 {
    func multipliedClamped(by factor: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
