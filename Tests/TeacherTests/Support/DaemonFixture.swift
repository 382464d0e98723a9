import DaemonStage
import Daemons
import Prometheus
import RPC
import ScriptedGenerator
import ServiceLifecycle
import Teacher
import Transport
import Wire

/// A daemon in this process, and a client of it that has a socket thread of its own, as if it were another process.
struct DaemonFixture: Sendable {
    let daemon: TeacherDaemon
    let generator: ScriptedGenerator
    let endpoint: Endpoint
    let client: RPCClient
    let group: ServiceGroup
    let registry: PrometheusRegistry

    var teacher: TeacherClient { TeacherClient(client) }
    var health: HealthClient { HealthClient(client) }

    /// Runs `body` with a daemon that listens, and ends it whatever happens.
    ///
    /// - Parameters:
    ///   - script: of its language model.
    ///   - configure: what is other than the tests' default: no HTTP, heartbeats so slow that waiting for the processor is no death.
    ///   - load: told before the model is there, to hold it back.
    static func with<Result: Sendable>(
        _ script: ScriptedGenerator.Script = .init(), configure: (inout TeacherConfiguration) -> Void = { _ in },
        load: @escaping @Sendable () throws -> Void = {}, _ body: (DaemonFixture) async throws -> Result
    ) async throws -> Result {
        let endpoint = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))")
        let settings = try LayeredSettings<TeacherKey>(
            commandLine: [.httpPort: "off", .endpoint: "ipc:///unused", .workerID: "inside"], environment: [:])
        var configuration = try TeacherConfiguration(settings, environment: [:])
        configuration.listener.endpoints = [endpoint]
        configuration.listener.heartbeatInterval = .seconds(10)
        configure(&configuration)
        let generator = ScriptedGenerator(script)
        let (serverLoop, clientLoop) = (SocketThread(name: "server-io"), SocketThread(name: "client-io"))
        defer {
            clientLoop.close()
            serverLoop.close()
        }
        let registry = PrometheusRegistry()
        let (lines, announced) = AsyncStream<String>.makeStream()
        let loader: ModelLoader = { _, _ in
            try load()
            return ScriptedModel.model(generator)
        }
        let daemon = try TeacherDaemon(
            configuration, loader: loader, loop: serverLoop, registry: registry, logger: quietLogger, announce: { announced.yield($0) })
        let group = try await daemon.group([])
        let client = try RPCClient(
            ClientConfiguration(endpoint: endpoint), loop: clientLoop, logger: quietLogger, metrics: PrometheusRegistry())
        let fixture = DaemonFixture(
            daemon: daemon, generator: generator, endpoint: endpoint, client: client, group: group, registry: registry)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await line in lines where line.hasPrefix("listening") { break }
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(fixture)) } catch { result = .failure(error) }
            await client.close()
            generator.stall(false)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }

    func status(_ service: String = "") async throws -> HealthCheckResponse.ServingStatus {
        try await health.check(HealthCheckRequest(service: service)).status
    }
}

/// The request for a rationale of a review that no other number has.
func request(_ number: Int, priority: Wire.Priority = .unspecified, text: String? = nil) -> GenerateRationaleRequest {
    let review = Review(reviewID: "r\(number)", userID: "u\(number)", itemID: "i", text: text ?? "Review number \(number) of a guitar.")
    return GenerateRationaleRequest(review: review, priority: priority)
}
