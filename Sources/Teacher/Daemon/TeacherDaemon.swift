internal import Daemons
internal import LlamaModel
package import Logging
package import Prometheus
internal import RPC
package import ServiceLifecycle
package import Transport
package import UnixSignals

/// A broker and, by default, one worker in the same process: everything that runs in `teacherd`, without the process around it.
///
/// At the end: health says NOT_SERVING, callers are told to go elsewhere, what was accepted is finished within the drain budget, the
/// connections close, then the worker stops, then HTTP.
package final class TeacherDaemon: Sendable {
    package let broker: Broker
    private let server: RPCServer
    private let cache: RationaleCache
    private let metrics: TeacherMetrics
    private let configuration: TeacherConfiguration
    private let loader: ModelLoader
    private let registry: PrometheusRegistry
    private let logger: Logger
    private let announce: @Sendable (String) -> Void
    private let model = ModelReadiness()

    /// - Parameters:
    ///   - loop: the process's socket thread, which must outlive the daemon.
    ///   - announce: told a line for each thing that listens: `listening ENDPOINT`, `http PORT`, and `ready` when the first worker has come.
    package init(
        _ configuration: TeacherConfiguration, loader: @escaping ModelLoader, loop: SocketThread, registry: PrometheusRegistry,
        logger: Logger, announce: @escaping @Sendable (String) -> Void
    ) throws {
        self.configuration = configuration
        self.loader = loader
        self.registry = registry
        self.logger = logger
        self.announce = announce
        let readiness = Readiness(announce: announce)
        broker = Broker(limits: configuration.limits, awaitsOwnWorker: configuration.hasWorker) { readiness.changed($0) }
        cache = RationaleCache(maxBytes: configuration.cacheBytes)
        metrics = TeacherMetrics(factory: registry)
        var router = Router()
        TeacherEndpoint(
            broker, cache: cache, memory: RequestMemory(maxBytes: configuration.maxRequestBytes), maxInFlight: configuration.maxInFlight,
            metrics: metrics
        ).register(in: &router)
        BrokerEndpoint(broker).register(in: &router)
        let roles: [String: Set<Role>] = ["/rdrec.v1.Teacher/": [.client], "/rdrec.v1.TeacherBroker/": [.worker]]
        let interceptors: [any ServerInterceptor] = [
            ServerLoggingInterceptor(logger: logger), ServerTracingInterceptor(),
            // Health and the schema are for everybody who is let in.
            AuthorizationInterceptor(rules: roles, fallback: Set(Role.allCases)),
        ]
        server = try RPCServer(
            configuration.server, router: router, interceptors: interceptors, loop: loop, logger: logger, metrics: registry)
        readiness.connect(server.health)
    }

    /// Runs until one of the signals has come, or `shutDown` of the group was called, and the daemon has ended.
    package func run(until signals: [UnixSignal]) async throws { try await group(signals).run() }

    /// What runs, in the order of need: the last is the first to be shut down.
    package func group(_ signals: [UnixSignal]) async throws -> ServiceGroup {
        var services: [any Service] = []
        if let port = configuration.process.operations.httpPort {
            services.append(
                OperationsServer(
                    port: port, isReady: { self.broker.isReady }, metrics: { self.metricsText() }, announce: { self.announce("http \($0)") }
                ))
        }
        if configuration.hasWorker { services.append(LocalWorker(daemon: self)) }
        if case .curve(_, let allowList) = configuration.listener.security {
            services.append(await AllowListReloader(allowList, of: server, logger: logger))
        }
        services.append(Front(daemon: self))
        return configuration.process.operations.group(services, until: signals, logger: logger)
    }

    private func metricsText() -> String {
        metrics.tell(broker.load, cachedBytes: cache.byteCount)
        if let generator = model.ready?.generator { metrics.tell(generator.load) }
        if let fleet = broker.fleet { metrics.tell(fleet.model) }
        return registry.render()
    }

    // MARK: Its parts

    /// The server.
    private struct Front: Service {
        let daemon: TeacherDaemon

        func run() async throws {
            for endpoint in try await daemon.server.start() { daemon.announce("listening \(endpoint)") }
            try? await gracefulShutdown()
            daemon.server.health.setServing(false)
            daemon.broker.beginDraining()
            await daemon.server.shutdown()
        }
    }

    /// The worker of this process.
    private struct LocalWorker: Service {
        let daemon: TeacherDaemon

        func run() async throws {
            let result = await Swift.Result { () async throws in try await cancelWhenGracefulShutdown { try await work() } }
            await daemon.model.stop()
            // A cancellation is how it ends then.
            if !Task.isShuttingDownGracefully { try result.get() }
        }

        private func work() async throws {
            let process = daemon.configuration.process
            let worker = try await daemon.model.load(process, daemon.loader, daemon.logger)
            try await WorkerAttachments(worker, stallBudget: process.stallBudget, logger: daemon.logger).run(at: daemon.broker)
            // The broker shuts down, and what it still does it does through others.
            try await gracefulShutdown()
        }
    }
}
