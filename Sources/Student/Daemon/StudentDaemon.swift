internal import Daemons
internal import Kernels
package import Logging
package import Prometheus
internal import RPC
internal import ServiceLifecycle
internal import Store
package import Transport
package import UnixSignals
internal import Wire

/// The store, the jobs and the services: everything that runs in `studentd`, without the process around it.
///
/// At the end: health says NOT_SERVING, jobs stop where they are (the next process goes on with them), callers are told to go elsewhere, open
/// calls end within the drain budget, and the store is closed.
package struct StudentDaemon: Sendable {
    private let configuration: StudentConfiguration
    private let store: SQLiteStore
    private let runner: JobRunner
    private let serving: Serving
    private let server: RPCServer
    private let clients: [RPCClient]
    private let registry: PrometheusRegistry
    private let logger: Logger
    private let announce: @Sendable (String) -> Void

    /// Opens the store, on a thread of its own.
    /// - Parameters:
    ///   - loop: the process's socket thread, which must outlive the daemon.
    ///   - loader: reads a version of the student.
    ///   - announce: told a line for each thing that listens: `listening ENDPOINT`, `http PORT`, and `ready`.
    /// - Throws: `StoreError`, and what is wrong with the configuration.
    package init(
        _ configuration: StudentConfiguration, loader: @escaping VersionLoader, loop: SocketThread, registry: PrometheusRegistry,
        logger: Logger, announce: @escaping @Sendable (String) -> Void
    ) async throws {
        self.configuration = configuration
        self.registry = registry
        self.logger = logger
        self.announce = announce
        let directory = configuration.dataDirectory
        let store = try await onBlockingThread(named: "rdrec-open") { try SQLiteStore(directory: directory) }
        self.store = store
        let metrics = StudentMetrics(factory: registry)
        clients = try configuration.teachers.map { endpoint in
            var client = ClientConfiguration(endpoint: endpoint)
            client.security = configuration.security(for: endpoint)
            client.connection.backoff.maximum = .seconds(2)
            return try RPCClient(client, loop: loop, logger: logger, metrics: registry)
        }
        let teachers = zip(configuration.teachers, clients).map { TeacherConnection(name: "\($0)", client: $1) }
        let distillation = DistillationWork(
            store, teachers: teachers,
            DistillationWork.Options(inFlight: configuration.inFlight, silence: configuration.teacherSilence), metrics: metrics,
            logger: logger)
        let serving = Serving(
            store, directory: directory, kept: configuration.keptModels, policy: configuration.activation, configuration.serving,
            loader: loader, metrics: metrics, logger: logger)
        self.serving = serving
        let threads = configuration.trainingThreads
        let options = TrainingWork.Options(directory: directory) { try Kernels.fromEnvironment(team: ThreadTeam(threads: threads)) }
        let versions = Self.evaluated(serving.models, options), revalidation = Revalidation(store, versions)
        let training = TrainingWork(store, serving.models, options, logger: logger) { version, request in
            switch try await serving.activation.consider(
                version, request.activation, validateAgain: { try await revalidation.value(of: $0, bySplit: $1) })
            {
            case .activated: "model \(version) is active"
            case .kept(let reason): "model \(version) is made, and not activated: \(reason)"
            }
        }
        await training.removeLeftovers(except: Set(try await store.unfinishedJobs().map(\.publicID)))
        let evaluation = EvaluationWork(
            store, versions, reports: ReportFolder(directory: directory),
            trainer: RobustnessTraining(store, serving.models, options, logger: logger).trainer, logger: logger)
        runner = JobRunner(
            store, works: [.distillation: distillation, .training: training, .evaluation: evaluation], metrics: metrics, logger: logger)
        var router = Router()
        CatalogEndpoint(store, metrics: metrics) { serving.fallbacks.came(interactions: $0, items: $1) }.register(in: &router)
        serving.register(in: &router)
        let storage = StorageEndpoint(store, directory: directory)
        storage.removeLeftovers()
        storage.register(in: &router)
        JobsEndpoint(runner, store, reports: ReportFolder(directory: directory)).register(in: &router)
        let roles: [String: Set<Role>] = [
            "/rdrec.v1.Catalog/": [.client], "/rdrec.v1.Jobs/": [.client], "/rdrec.v1.Recommender/": [.client],
            "/rdrec.v1.Models/": [.client, .admin], "/rdrec.v1.Models/ActivateModel": [.admin], "/rdrec.v1.Storage/": [.admin],
        ]
        let interceptors: [any ServerInterceptor] = [
            ServerLoggingInterceptor(logger: logger), ServerTracingInterceptor(),
            // Health and the schema are for everybody who is let in.
            AuthorizationInterceptor(rules: roles, fallback: Set(Role.allCases)),
        ]
        server = try RPCServer(
            configuration.server, router: router, interceptors: interceptors, loop: loop, logger: logger, metrics: registry)
    }

    /// Runs until one of the signals has come and the daemon has ended.
    package func run(until signals: [UnixSignal]) async throws {
        var services: [any Service] = []
        let server = server
        if let port = configuration.operations.httpPort {
            services.append(
                OperationsServer(
                    port: port, isReady: { server.health.isServing }, metrics: { registry.render() },
                    announce: { announce("http \($0)") }))
        }
        services.append(StoreKeeper(store: store, clients: clients))
        services.append(EngineKeeper(serving: serving))
        services.append(serving.fallbacks)
        services.append(runner)
        if case .curve(_, let allowList) = configuration.listener.security {
            services.append(await AllowListReloader(allowList, of: server, logger: logger))
        }
        services.append(Front(server: server, serving: serving, runner: runner, announce: announce))
        try await configuration.operations.group(services, until: signals, logger: logger).run()
    }

    /// Versions for evaluations, which compute where trainings do and leave serving alone.
    private static func evaluated(_ models: ModelStore, _ options: TrainingWork.Options) -> EvaluatedVersions {
        EvaluatedVersions(
            active: { try await models.activeVersion() }, describe: { try await models.describe($0) },
            open: { version in
                let hold = try await models.hold(version)
                let loaded = try await onBlockingThread(named: "rdrec-load") {
                    TrainingThread.giveWay()
                    let kernels = try options.kernels()
                    return try StudentModel(folder: hold.folder, ranking: kernels, writing: kernels)
                }
                return OpenedVersion(loaded, itemNumbers: loaded.itemNumbers, keeper: hold)
            })
    }

    // MARK: Its parts

    /// Closes the store and the teachers' connections behind all who use them.
    private struct StoreKeeper: Service {
        let store: SQLiteStore
        let clients: [RPCClient]

        func run() async throws {
            try? await gracefulShutdown()
            for client in clients { await client.close() }
            await store.close()
        }
    }

    /// Ends the engine behind the calls that wait for it.
    private struct EngineKeeper: Service {
        let serving: Serving

        func run() async throws {
            try? await gracefulShutdown()
            await serving.stop()
        }
    }

    /// The server.
    private struct Front: Service {
        let server: RPCServer
        let serving: Serving
        let runner: JobRunner
        let announce: @Sendable (String) -> Void

        func run() async throws {
            for endpoint in try await server.start() { announce("listening \(endpoint)") }
            // A model that is being loaded does not keep the process from its end.
            try await cancelWhenGracefulShutdown {
                do { try await serving.load() } catch is CancellationError { return }
                guard !Task.isCancelled else { return }
                server.health.setServing(true)
                announce("ready")
            }
            try? await gracefulShutdown()
            server.health.setServing(false)
            // Before the calls are waited for: who watches a job would watch it to its end.
            await runner.stop()
            await server.shutdown()
        }
    }
}
