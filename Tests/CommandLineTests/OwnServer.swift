import Logging
import RPC
import Testing
import Transport

/// A server inside the tests' process, for what echo-server does not do.
///
/// - Parameter body: is given the server and its endpoint, and may shut the server down.
func withOwnServer<Result>(
    register: (inout Router) -> Void, schema: [UInt8], _ body: (RPCServer, String) async throws -> Result
) async throws -> Result {
    try await withTemporaryFolder { folder in
        let endpoint = "ipc://\(folder)/own"
        return try await withOwnServer(at: endpoint, register: register, schema: schema) { try await body($0, endpoint) }
    }
}

/// - Parameter drainBudget: how long calls may go on when `body` has returned.
func withOwnServer<Result>(
    at endpoint: String, drainBudget: Duration = .seconds(20), register: (inout Router) -> Void, schema: [UInt8] = [],
    _ body: (RPCServer) async throws -> Result
) async throws -> Result {
    let loop = SocketThread()
    defer { loop.close() }
    var router = Router()
    register(&router)
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    var configuration = ServerConfiguration(endpoints: [try Endpoint(endpoint)])
    configuration.drainBudget = drainBudget
    let server = try RPCServer(configuration, router: router, loop: loop, logger: logger, fileDescriptorSet: schema)
    do {
        _ = try await server.start()
        let result = try await body(server)
        await server.shutdown()
        return result
    } catch {
        await server.shutdown()
        throw error
    }
}
