internal import Locks
internal import Transport
package import Wire

/// `grpc.health.v1.Health`: whether the server, or one service of it, takes calls. The empty name is the server as a whole.
package final class HealthMonitor: HealthService {
    private struct State {
        var serving: [String: Bool]
        var watchers: [UInt64: AsyncStream<Void>.Continuation] = [:]
        var nextWatcher: UInt64 = 0
        var isShuttingDown = false
    }

    private let state: Locked<State>

    /// - Parameter services: full names; all begin as not serving.
    init(services: Set<String>) {
        state = Locked(State(serving: Dictionary(uniqueKeysWithValues: services.union([""]).map { ($0, false) })))
    }

    /// Sets one service, or with nil the server and everything it serves; once the server shuts down nothing serves again.
    package func setServing(_ serving: Bool, service: String? = nil) {
        let watchers = state.withLock { state in
            let serving = serving && !state.isShuttingDown
            if let service { state.serving[service] = serving } else { for name in state.serving.keys { state.serving[name] = serving } }
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.yield() }
    }

    /// Of the server as a whole.
    package var isServing: Bool { state.withLock { $0.serving[""] == true } }

    /// Nothing serves any more; watchers hear it and their streams end, or they would hold up the shutdown.
    func shutDown() {
        state.withLock { $0.isShuttingDown = true }
        setServing(false)
    }

    private func status(_ service: String) -> HealthCheckResponse.ServingStatus? {
        state.withLock { $0.serving[service] }.map { $0 ? .serving : .notServing }
    }

    package func check(_ request: HealthCheckRequest, _ call: ServerCall) async throws -> HealthCheckResponse {
        guard let status = status(request.service) else { throw RPCError(.notFound, "no service \(request.service) here") }
        return HealthCheckResponse(status: status)
    }

    /// The status now, and each change of it.
    package func watch(
        _ request: HealthCheckRequest, _ responses: MessageWriter<HealthCheckResponse>, _ call: ServerCall
    ) async throws {
        let service = request.service
        // One pending wake-up is enough: what counts is the newest status.
        let (changes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            defer { state.nextWatcher += 1 }
            state.watchers[state.nextWatcher] = continuation
            return state.nextWatcher
        }
        defer { _ = state.withLock { $0.watchers.removeValue(forKey: id) } }
        continuation.yield()
        var last: HealthCheckResponse.ServingStatus?
        for await _ in changes {
            let status = status(service) ?? .serviceUnknown
            if status != last { try await responses.write(HealthCheckResponse(status: status)) }
            last = status
            if state.withLock({ $0.isShuttingDown }) { throw RPCError(.unavailable, "the server is shutting down") }
        }
        throw CancellationError()
    }
}
