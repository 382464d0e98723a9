import ChildProcesses
import DaemonStage
import Prometheus
import RPC
import Store
import Student
import Transport
import Wire

/// A student's services in this process, with scripted versions.
struct ServingStage {
    let store: any Store
    let serving: Serving
    let script: VersionScript
    let registry: PrometheusRegistry
    let client: RPCClient

    var recommender: RecommenderClient { RecommenderClient(client) }
    var models: ModelsClient { ModelsClient(client) }
    var catalog: CatalogClient { CatalogClient(client) }

    /// Serves a store of its own while `body` runs.
    static func with<Result>(
        _ options: ServingOptions = ServingOptions(), kept: Int = 5, script: VersionScript = VersionScript(),
        _ body: (ServingStage) async throws -> Result
    ) async throws -> Result {
        try await withStore { store, folder in try await with(store, folder, options, kept: kept, script: script, body) }
    }

    static func with<Result>(
        _ store: any Store, _ folder: String, _ options: ServingOptions = ServingOptions(), kept: Int = 5,
        script: VersionScript = VersionScript(), _ body: (ServingStage) async throws -> Result
    ) async throws -> Result {
        let registry = PrometheusRegistry(), metrics = StudentMetrics(factory: registry)
        let serving = Serving(
            store, directory: folder, kept: kept, options, fallbackRest: .milliseconds(20), loader: script.loader, metrics: metrics,
            logger: quietLogger)
        let endpoint = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))"), loop = SocketThread(name: "test-io")
        var configuration = ServerConfiguration(endpoints: [endpoint])
        configuration.drainBudget = .milliseconds(100)
        configuration.maxRunningCalls = 2_048
        var router = Router()
        CatalogEndpoint(store, metrics: metrics) { serving.fallbacks.came(interactions: $0, items: $1) }.register(in: &router)
        serving.register(in: &router)
        let server = try RPCServer(configuration, router: router, loop: loop, logger: quietLogger, metrics: registry)
        try await serving.load()
        try await server.start()
        let client = try RPCClient(
            ClientConfiguration(endpoint: endpoint), loop: loop, logger: quietLogger, metrics: PrometheusRegistry())
        let keeper = Task { try await serving.fallbacks.run() }
        let stage = ServingStage(store: store, serving: serving, script: script, registry: registry, client: client)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(stage)) } catch { result = .failure(error) }
        script.change { $0.isHeld = false }
        keeper.cancel()
        _ = await keeper.result
        await client.close()
        await server.shutdown()
        await serving.stop()
        try? await onBlockingThread(named: "end") { loop.close() }
        return try result.get()
    }

    /// A version that serves.
    @discardableResult
    func activate(_ ids: [String], split: UInt64 = 1) async throws -> String {
        let version = try await serving.models.add(ids, split: split)
        _ = try await models.activateModel(ActivateModelRequest(version: version))
        return version
    }

    /// Has users take items, in their order.
    func take(_ histories: [String: [String]]) async throws {
        var time: Int64 = 1_000
        for (user, items) in histories.sorted(by: { $0.key < $1.key }) {
            for item in items {
                time += 1
                _ = try await catalog.recordInteraction(Interaction(userID: user, itemID: item, timestampMs: time))
            }
        }
    }

    /// Waits until the fallbacks know so many interactions.
    func fallbacksKnow(_ count: Int) async throws {
        try await eventually("the fallbacks know \(count) interactions") { serving.fallbacks.tables.interactionCount == count }
    }

    /// The code with which a call that must fail does.
    func failure(_ body: () async throws -> Void) async -> RPCError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? RPCError
        }
    }
}

extension CallOptions {
    static let once = CallOptions(retries: false)
}

extension RecommendRequest {
    static func user(_ id: String, count: UInt32 = 0) -> RecommendRequest { RecommendRequest(subject: .userID(id), count: count) }
    static func session(_ ids: [String], count: UInt32 = 0) -> RecommendRequest {
        RecommendRequest(subject: .history(History(itemIDs: ids)), count: count)
    }
}

extension RecommendResponse {
    var ids: [String] { items.map(\.itemID) }
}
