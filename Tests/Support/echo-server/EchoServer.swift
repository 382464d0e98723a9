import ArgumentParser
import EchoProtos
import Glibc
import Logging
import Metrics
import Prometheus
import RPC
import ServiceLifecycle
import Transport
import UnixSignals
import Wire

/// A server of the Echo service as a process of its own: what the process tests, the interop client and the README talk to. Prints one line
/// `listening ENDPOINT` for each endpoint once it serves.
@main
struct EchoServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo-server", abstract: "Serves rdrec.test.v1.Echo, the health and the descriptor service, for tests.")

    @Option(help: "Where to listen: ipc://PATH or tcp://HOST:PORT (port 0 = any). May be repeated.")
    var endpoint: [String]

    @Flag(help: "Allow tcp on loopback without CURVE.")
    var insecure = false

    @Option(help: "The server's key file, for CURVE on tcp (rdrec keygen makes one).")
    var keyFile: String?

    @Option(help: "Who may connect by CURVE, a line a key; read again on SIGHUP.")
    var allowList: String?

    @Option(help: "Heartbeat interval in milliseconds.")
    var heartbeatMs = 1_000

    @Option(help: "Initial credit of each stream, in messages.")
    var creditMessages = 64

    @Option(help: "Initial credit of each stream, in bytes.")
    var creditBytes = 1 << 20

    @Option(help: "Handlers that run at a time.")
    var maxRunning = 256

    @Option(help: "Calls that wait for a handler's turn.")
    var maxWaiting = 4_096

    @Option(help: "Open calls that one connection may have.")
    var maxCallsInFlight = 1_024

    @Option(help: "Seconds that open calls may take at shutdown.")
    var drainSeconds = 20

    @Option(help: "Least level of what is logged to standard error.")
    var logLevel = "warning"

    func run() async throws {
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        let level = Logger.Level(rawValue: logLevel) ?? .warning
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let logger = Logger(label: "echo-server")
        var configuration = ServerConfiguration(endpoints: try endpoints())
        configuration.security = try security()
        configuration.connection.heartbeatInterval = .milliseconds(heartbeatMs)
        configuration.connection.initialCreditMessages = creditMessages
        configuration.connection.initialCreditBytes = creditBytes
        configuration.connection.maxCallsInFlight = maxCallsInFlight
        configuration.maxRunningCalls = maxRunning
        configuration.maxWaitingCalls = maxWaiting
        configuration.drainBudget = .seconds(drainSeconds)
        var router = Router()
        EchoHandlers(metricsText: { registry.render() }).register(in: &router)
        let loop = SocketThread()
        defer { loop.close() }
        let server = try RPCServer(
            configuration, router: router, interceptors: [ServerLoggingInterceptor(logger: logger), ServerTracingInterceptor()],
            loop: loop, logger: logger,  // Two sets one after the other are one set with the files of both.
            fileDescriptorSet: FileDescriptors.set + EchoFileDescriptors.set)
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [.init(service: Announced(server: server))]
        if case .curve(_, let allowList) = configuration.security {
            services.append(.init(service: await AllowListReloader(allowList, of: server, logger: logger)))
        }
        let group = ServiceGroup(
            configuration: .init(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    private func endpoints() throws -> [Endpoint] {
        try endpoint.map { text in
            let parsed = try Endpoint(text)
            guard !parsed.isInProcess else { throw ValidationError("\(text): nobody outside this process could connect") }
            return parsed
        }
    }

    private func security() throws -> ServerSecurity {
        guard let keyFile, let allowList else {
            guard keyFile == nil, allowList == nil else { throw ValidationError("--key-file and --allow-list belong together") }
            return insecure ? .insecureLoopback : .none
        }
        return .curve(keys: try KeyPair(file: keyFile), allowList: try AllowListSource(file: allowList))
    }
}

/// The server, which says where it listens when it does.
private struct Announced: Service {
    let server: RPCServer

    func run() async throws {
        for endpoint in try await server.start() { print("listening \(endpoint)") }
        fflush(nil)
        try? await gracefulShutdown()
        await server.shutdown()
    }
}
