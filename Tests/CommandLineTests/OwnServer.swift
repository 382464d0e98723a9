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
        let loop = SocketThread()
        defer { loop.close() }
        var router = Router()
        register(&router)
        let endpoint = "ipc://\(folder)/own"
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let server = try RPCServer(
            ServerConfiguration(endpoints: [Endpoint(endpoint)]), router: router, loop: loop, logger: logger, fileDescriptorSet: schema)
        do {
            _ = try await server.start()
            let result = try await body(server, endpoint)
            await server.shutdown()
            return result
        } catch {
            await server.shutdown()
            throw error
        }
    }
}
