import EchoProtos
import Prometheus
import RPC
import Synchronization
import Testing
import Transport
import Wire

/// An echo server and a client of it, each with a socket thread of its own as if they were two processes.
struct EchoFixture {
    let serverLoop: SocketThread
    let clientLoop: SocketThread
    let server: RPCServer
    let client: RPCClient
    let handlers: EchoHandlers
    let endpoint: Endpoint
    let serverMetrics: PrometheusRegistry
    let clientMetrics: PrometheusRegistry

    var echo: EchoClient { EchoClient(client) }
    /// Handlers of the Echo service that have begun.
    var begun: Int { handlers.begun.load(ordering: .relaxed) }

    /// Runs `body` with a server and a client over `endpoint`, and ends both whatever happens.
    static func with<Result>(
        _ endpoint: Endpoint? = nil, server configureServer: (inout ServerConfiguration) -> Void = { _ in },
        client configureClient: (inout ClientConfiguration) -> Void = { _ in },
        serverInterceptors: [any ServerInterceptor] = [], clientInterceptors: [any ClientInterceptor] = [],
        register: (inout Router) -> Void = { _ in }, _ body: (EchoFixture) async throws -> Result
    ) async throws -> Result {
        let asked = try endpoint ?? Endpoint("inproc://\(UInt64.random(in: 0 ... .max))")
        let serverLoop = SocketThread(name: "server-io")
        let clientLoop = SocketThread(name: "client-io")
        defer {
            clientLoop.close()
            serverLoop.close()
        }
        var serverConfiguration = ServerConfiguration(endpoints: [asked])
        // A test that waits for the processor half a minute is not a dead peer.
        serverConfiguration.connection.heartbeatInterval = .seconds(10)
        configureServer(&serverConfiguration)
        let handlers = EchoHandlers()
        var router = Router()
        handlers.register(in: &router)
        register(&router)
        let (serverMetrics, clientMetrics) = (PrometheusRegistry(), PrometheusRegistry())
        let server = try RPCServer(
            serverConfiguration, router: router, interceptors: serverInterceptors, loop: serverLoop, logger: quietLogger,
            metrics: serverMetrics)
        let bound = try await server.start()
        var clientConfiguration = ClientConfiguration(endpoint: bound[0])
        configureClient(&clientConfiguration)
        let client = try RPCClient(
            clientConfiguration, interceptors: clientInterceptors, loop: clientLoop, logger: quietLogger, metrics: clientMetrics)
        let fixture = EchoFixture(
            serverLoop: serverLoop, clientLoop: clientLoop, server: server, client: client, handlers: handlers, endpoint: bound[0],
            serverMetrics: serverMetrics, clientMetrics: clientMetrics)
        do {
            let result = try await body(fixture)
            await client.close()
            await server.shutdown()
            return result
        } catch {
            await client.close()
            await server.shutdown()
            throw error
        }
    }
}

extension EchoFixture {
    /// Waits until neither side has a call and no handler runs: nothing leaked.
    func expectIdle() async throws {
        try await eventually("calls or handlers leaked") {
            let load = await server.load()
            let open = await client.openCalls()
            return load.openCalls == 0 && load.runningHandlers == 0 && open == 0
        }
    }

    /// The reasons for which messages were counted as malformed, and how often.
    func malformed(_ registry: PrometheusRegistry) -> [String: Int] { PrometheusReader(registry).malformed }
}

extension PrometheusRegistry {
    /// The sum of the samples of `name` that have all of `labels`, each written as `key="value"`.
    func value(_ name: String, _ labels: String...) -> Double { value(name, all: labels) }

    /// The sum of the samples of `name` that have all of `labels`.
    func value(_ name: String, all labels: [String]) -> Double {
        var sum = 0.0
        for line in render().split(separator: "\n") where line.hasPrefix(name) && labels.allSatisfy({ line.contains($0) }) {
            guard let end = line.dropFirst(name.count).first, end == "{" || end == " " else { continue }
            sum += line.split(separator: " ").last.flatMap { Double($0) } ?? .nan
        }
        return sum
    }
}

/// The code with which `body` fails; nil if it does not.
func code<Result>(of body: () async throws -> Result) async -> StatusCode? {
    do {
        _ = try await body()
        return nil
    } catch {
        return RPCError(from: error).code
    }
}

/// The error with which `body` fails.
func failure<Result>(of body: () async throws -> Result) async throws -> RPCError {
    do {
        _ = try await body()
    } catch {
        return try #require(error as? RPCError)
    }
    throw RPCError(.internal, "the call succeeded, against what the test expects")
}

/// Waits until `condition` holds, checking often; fails the test after half a minute.
func eventually(_ what: Comment, _ condition: () async throws -> Bool) async throws {
    let deadline = MonotonicTime.now() + .milliseconds(30_000)
    while try await !condition() {
        try #require(.now() < deadline, what)
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// Temporary folders that go away with the test.
func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = try makeTemporaryFolder()
    defer { removeFolder(path) }
    return try await body(path)
}
