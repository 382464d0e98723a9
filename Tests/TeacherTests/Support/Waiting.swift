import ChildProcesses
import RPC
import Testing
import Transport

/// The error that `body` fails with.
func failure<Result>(of body: () async throws -> Result) async throws -> RPCError {
    do {
        _ = try await body()
    } catch {
        return try #require(error as? RPCError)
    }
    throw Missing(description: "a failure: the call succeeded")
}
