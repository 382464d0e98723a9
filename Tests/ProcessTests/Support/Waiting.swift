import ChildProcesses
import RPC
import Synchronization
import Testing
import Transport

/// How a call ended: `ok` or the code of its error.
func code<Result>(of body: () async throws -> Result) async -> StatusCode {
    do {
        _ = try await body()
        return .ok
    } catch {
        return RPCError(from: error).code
    }
}

/// The error that `body` fails with.
func failure<Result>(of body: () async throws -> Result) async throws -> RPCError {
    do {
        _ = try await body()
    } catch {
        return try #require(error as? RPCError)
    }
    throw Missing(description: "a failure: the call succeeded")
}

/// Set once, by whoever wants others to stop.
final class Flag: Sendable {
    private let state = Atomic<Bool>(false)

    var isSet: Bool { state.load(ordering: .acquiring) }

    func set() { state.store(true, ordering: .releasing) }
}

/// Counts what many tasks do.
final class Count: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func increment() { count.add(1, ordering: .relaxed) }
}
