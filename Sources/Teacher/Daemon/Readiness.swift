internal import Locks
internal import RPC
internal import Wire

/// Tells health, and once whoever started the daemon, that there is a worker.
final class Readiness: Sendable {
    private struct State {
        var health: HealthMonitor?
        var isAnnounced = false
    }

    private let state = Locked(State())
    private let announce: @Sendable (String) -> Void

    init(announce: @escaping @Sendable (String) -> Void) { self.announce = announce }

    /// The server's, which is made later than the broker. Nothing changes before.
    func connect(_ health: HealthMonitor) {
        state.withLock { $0.health = health }
        // Workers may dial in as long as the server runs; that is not what the teacher as a whole says.
        health.setServing(true, service: TeacherBrokerMethods.attach.info.service)
    }

    func changed(_ isReady: Bool) {
        let (health, isFirst) = state.withLock { state in
            defer { state.isAnnounced = state.isAnnounced || isReady }
            return (state.health, isReady && !state.isAnnounced)
        }
        health?.setServing(isReady, service: "")
        health?.setServing(isReady, service: TeacherMethods.getLoad.info.service)
        if isFirst { announce("ready") }
    }
}
