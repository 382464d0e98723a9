package import Logging
package import RPC
package import Store
internal import Transport

/// All that answers recommendations: versions on disk, the active one in memory, fallbacks, and the services in front.
package struct Serving: Sendable {
    package let models: ModelStore
    package let engine: ServingEngine
    package let activation: ModelActivation
    package let fallbacks: FallbackKeeper
    private let store: any Store
    private let metrics: StudentMetrics

    /// - Parameters:
    ///   - directory: of the daemon's data.
    ///   - kept: versions that stay on disk beside the active one.
    ///   - policy: whether a finished training's version becomes active by itself.
    package init(
        _ store: any Store, directory: String, kept: Int = 5, policy: ActivationPolicy = .ifBetter, _ options: ServingOptions,
        fallbackRest: Duration = .seconds(1), loader: @escaping VersionLoader, metrics: StudentMetrics, logger: Logger
    ) {
        self.store = store
        self.metrics = metrics
        models = ModelStore(directory: directory, kept: kept, logger: logger)
        engine = ServingEngine(options, metrics: metrics, logger: logger)
        fallbacks = FallbackKeeper(store, rest: fallbackRest, logger: logger)
        activation = ModelActivation(
            models, engine, fallbacks.table, loader: loader, policy: policy, metrics: metrics, logger: logger)
    }

    package func register(in router: inout Router) {
        RecommenderEndpoint(store, engine, fallbacks, metrics: metrics).register(in: &router)
        ModelsEndpoint(models, engine, activation).register(in: &router)
    }

    /// Returns when the version that was active serves, or it is clear that none will: from then on calls have their answers.
    /// - Throws: what the store or the disk cannot do.
    package func load() async throws {
        try await models.removeLeftovers(except: Set(store.unfinishedJobs().map(\.publicID)))
        try await fallbacks.table.refresh()
        await activation.loadActive()
    }

    /// Ends the engine's threads behind all calls.
    package func stop() async { try? await onBlockingThread(named: "rdrec-stop") { engine.stop() } }
}
