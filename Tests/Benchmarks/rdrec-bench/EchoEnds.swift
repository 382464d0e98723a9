import EchoProtos
import Logging
import RPC
import Transport
import Wire

/// An echo server and one connection to it, each with a socket thread and a libzmq context of its own, as two processes have.
struct EchoEnds {
    private let serverLoop = SocketThread(name: "server-io")
    private let clientLoop = SocketThread(name: "client-io")
    private let server: RPCServer
    private let client: RPCClient
    /// 256 bytes when packed.
    private let request = EchoRequest(payload: [UInt8](repeating: 2, count: 253))

    init(endpoint: Endpoint) async throws {
        var logger = Logger(label: "bench")
        logger.logLevel = .critical
        var configuration = ServerConfiguration(endpoints: [endpoint])
        if endpoint.isLoopback { configuration.security = .insecureLoopback }
        var router = Router()
        router.unary(EchoMethods.get, execution: .socketThread) { request, _ in EchoResponse(payload: request.payload) }
        router.unary(EchoMethods.put, execution: .pool) { request, _ in EchoResponse(payload: request.payload) }
        server = try RPCServer(configuration, router: router, loop: serverLoop, logger: logger)
        let bound = try await server.start()
        client = try RPCClient(ClientConfiguration(endpoint: bound[0]), loop: clientLoop, logger: logger)
    }

    func close() async {
        await client.close()
        await server.shutdown()
        clientLoop.close()
        serverLoop.close()
    }

    private func on<Result: Sendable>(socketThread: Bool, _ body: @Sendable () async throws -> Result) async throws -> Result {
        guard socketThread else { return try await body() }
        return try await withTaskExecutorPreference(client.executor) { try await body() }
    }

    /// - Returns: each call's seconds.
    func unary(_ count: Int, onSocketThread: Bool) async throws -> [Double] {
        let method = onSocketThread ? EchoMethods.get : EchoMethods.put
        return try await on(socketThread: onSocketThread) {
            var latencies: [Double] = []
            latencies.reserveCapacity(count)
            for _ in 0..<count {
                let begin = MonotonicTime.now()
                let response = try await client.unary(method, request)
                latencies.append((.now() - begin).seconds)
                precondition(response.payload.count == 253)
            }
            return latencies
        }
    }

    /// - Returns: calls a second.
    func inFlight(_ count: Int, window: Int, onSocketThread: Bool) async throws -> Double {
        let method = onSocketThread ? EchoMethods.get : EchoMethods.put
        let begin = MonotonicTime.now()
        try await on(socketThread: onSocketThread) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<window {
                    group.addTask {
                        for _ in 0..<count / window { _ = try await client.unary(method, request) }
                    }
                }
                try await group.waitForAll()
            }
        }
        return Double(count / window * window) / (.now() - begin).seconds
    }
}
