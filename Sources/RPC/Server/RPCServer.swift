internal import Locks
package import Logging
package import Metrics
internal import ServiceLifecycle
package import Transport
internal import Wire

/// A server of calls. Starts listening in `start`, or in `run` as a service of a `ServiceGroup`, whose graceful shutdown it obeys:
/// health NOT_SERVING, GOAWAY, open calls finish, BYE, sockets closed; each step within its budget.
package final class RPCServer: Service {
    private enum State {
        case idle
        case running
        case stopping
        case stopped
    }

    package let health: HealthMonitor
    private let configuration: ServerConfiguration
    private let loop: SocketThread
    private let logger: Logger
    private let core: LoopBound<ServerCore>
    private let state = Locked(State.idle)

    /// - Parameters:
    ///   - router: what it serves; `grpc.health.v1.Health` and `rdrec.rpc.v1.Descriptors` are added.
    ///   - loop: the process's socket thread, which must outlive the server.
    ///   - fileDescriptorSet: what the descriptor service tells.
    package init(
        _ configuration: ServerConfiguration, router: Router, interceptors: [any ServerInterceptor] = [], loop: SocketThread,
        logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory, fileDescriptorSet: [UInt8] = FileDescriptors.set
    ) throws {
        try configuration.validate()
        self.configuration = configuration
        self.loop = loop
        self.logger = logger
        var router = router
        let health = HealthMonitor(services: Set(router.services))
        health.register(in: &router)
        SchemaTeller(fileDescriptorSet: fileDescriptorSet, methods: router.paths).register(in: &router)
        self.health = health
        core = LoopBound(
            ServerCore(
                router: router, interceptors: interceptors, configuration: configuration, loop: loop, logger: logger,
                metricsFactory: metrics), loop: loop)
    }

    /// Binds and serves.
    /// - Returns: where it listens, in the order of the configuration, with the ports that were found.
    /// - Throws: when an endpoint cannot be bound, or CURVE admits a key that it should not; then it listens nowhere.
    @discardableResult
    package func start() async throws -> [Endpoint] {
        let first = state.withLock { state in
            guard state == .idle else { return false }
            state = .running
            return true
        }
        precondition(first, "a server starts once")
        let endpoints = try await onLoop { try $0.listen() }
        do {
            try await proveKeysAreChecked(endpoints)
        } catch {
            try await onLoop { $0.close(linger: Nanoseconds(0)) }
            throw error
        }
        if configuration.servesAtOnce { health.setServing(true) }
        for endpoint in endpoints { logger.info("listening", metadata: ["endpoint": "\(endpoint)"]) }
        return endpoints
    }

    /// The self-test of PROTOCOL.md 9: a key made up on the spot must be refused.
    private func proveKeysAreChecked(_ endpoints: [Endpoint]) async throws {
        guard case .curve(let keys, _) = configuration.security else { return }
        for endpoint in endpoints where !endpoint.isIPC && !endpoint.isInProcess {
            try await onBlockingThread(named: "rdrec-probe") { try SecurityProbe.run(endpoint: endpoint, server: keys.publicKey) }
        }
    }

    /// Serves until the surrounding `ServiceGroup` shuts down.
    package func run() async throws {
        try await start()
        try? await gracefulShutdown()
        await shutdown()
    }

    /// Ends in good order; returns when the sockets are closed. Idempotent.
    package func shutdown() async {
        let mine = state.withLock { state in
            guard state == .running else { return false }
            state = .stopping
            return true
        }
        guard mine else { return }
        logger.info("shutting down", metadata: ["drain.budget": "\(configuration.drainBudget)"])
        health.shutDown()
        try? await onLoop { $0.drain() }
        if await !idle(within: configuration.drainBudget) {
            let error = RPCError(.unavailable, "the server shut down before the call ended")
            try? await onLoop { $0.endAll(error) }
            if await !idle(within: configuration.cancelBudget) { logger.warning("handlers still run after they were cancelled") }
        }
        let linger = Nanoseconds(configuration.lingerBudget)
        try? await onLoop { $0.close(linger: linger) }
        state.withLock { $0 = .stopped }
        logger.info("shut down")
    }

    private func idle(within budget: Duration) async -> Bool {
        await withUnsafeContinuation { continuation in
            let runs = loop.execute { self.core.value.whenIdle(within: Nanoseconds(budget), continuation) }
            if !runs { continuation.resume(returning: true) }
        }
    }

    /// To be called after the allow-list was read again (SIGHUP).
    package func identitiesChanged() { loop.execute { self.core.value.identitiesChanged() } }

    /// Calls without a status, and handlers that run: both 0 when nothing leaks.
    package func load() async -> (openCalls: Int, runningHandlers: Int) {
        (try? await onLoop { ($0.openCalls, $0.runningHandlers) }) ?? (0, 0)
    }

    private func onLoop<Result: Sendable>(_ body: @escaping @Sendable (ServerCore) throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let runs = loop.execute { continuation.resume(with: Swift.Result { try body(self.core.value) }) }
            if !runs { continuation.resume(throwing: ConfigurationError("the server's socket thread is closed")) }
        }
    }
}

extension Router {
    /// Full names of the services that have a method here.
    var services: [String] { Array(Set(entries.values.map(\.info.service))) }
}
