import ChildProcesses
import DaemonStage
import Locks
import Prometheus
import RPC
import Store
import Student
import Testing
import Transport
import Wire

/// Calls that read the whole store.
@Suite(.timeLimit(.minutes(1)))
struct EndpointTests {
    /// Serves the store in this process while `body` runs.
    private func serve(_ store: any Store, _ folder: String, _ body: (RPCClient) async throws -> Void) async throws {
        let endpoint = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))"), loop = SocketThread(name: "test-io")
        defer { loop.close() }
        var configuration = ServerConfiguration(endpoints: [endpoint])
        configuration.drainBudget = .milliseconds(100)
        var router = Router()
        CatalogEndpoint(store, metrics: StudentMetrics(factory: PrometheusRegistry())).register(in: &router)
        StorageEndpoint(store, directory: folder).register(in: &router)
        let server = try RPCServer(configuration, router: router, loop: loop, logger: quietLogger, metrics: PrometheusRegistry())
        try await server.start()
        let client = try RPCClient(
            ClientConfiguration(endpoint: endpoint), loop: loop, logger: quietLogger, metrics: PrometheusRegistry())
        let result: Result<Void, any Error>
        do { result = .success(try await body(client)) } catch { result = .failure(error) }
        await client.close()
        await server.shutdown()
        try result.get()
    }

    @Test("One check at a time; the next may come when it has ended")
    func checks() async throws {
        try await withStore { store, folder in
            let isHeld = Locked(true), begun = Locked(0)
            var hooked = HookedStore(store: store)
            hooked.beforeCheck = {
                begun.withLock { $0 += 1 }
                while isHeld.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(2)) }
            }
            try await serve(hooked, folder) { client in
                let storage = StorageClient(client)
                async let first = storage.checkStore(CheckStoreRequest())
                try await eventually("it runs") { begun.withLock { $0 } == 1 }
                let error = await #expect(throws: RPCError.self) {
                    _ = try await storage.checkStore(CheckStoreRequest(), options: CallOptions(retries: false))
                }
                #expect(error?.code == .resourceExhausted && error?.retryAfter != nil)
                isHeld.withLock { $0 = false }
                #expect(try await first.faults.isEmpty)
                #expect(try await storage.checkStore(CheckStoreRequest()).faults.isEmpty)
            }
        }
    }

    @Test("Statistics run once for all who ask while others run, and tell what was there when they asked")
    func statistics() async throws {
        try await withStore { store, folder in
            let isHeld = Locked(true), begun = Locked(0)
            var hooked = HookedStore(store: store)
            hooked.beforeStatistics = {
                begun.withLock { $0 += 1 }
                while isHeld.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(2)) }
            }
            try await serve(hooked, folder) { client in
                let catalog = CatalogClient(client)
                async let first = catalog.statistics()
                try await eventually("it runs") { begun.withLock { $0 } == 1 }
                _ = try await catalog.send(shop(users: 1, items: 3))
                try await withThrowingTaskGroup(of: UInt64.self) { group in
                    for _ in 0..<20 { group.addTask { try await catalog.statistics().reviews } }
                    try await Task.sleep(for: .milliseconds(200))
                    isHeld.withLock { $0 = false }
                    for try await reviews in group { #expect(reviews == 3) }
                }
                _ = try await first
                #expect(begun.withLock { $0 } == 2)
            }
        }
    }
}
