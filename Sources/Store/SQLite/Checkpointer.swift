internal import Dispatch
internal import GRDB
internal import Synchronization

/// Brings what transactions have logged to the store's file, on a thread and a connection of its own while the writer goes on. Half of all
/// that an import writes is that, and the writer would do it itself after each transaction.
///
/// What is behind the log's end when a round begins stays for the next, so that under a writer that never rests the log is not begun anew; at
/// `mostPages` the writer then does the last of it.
final class Checkpointer: Sendable {
    /// Of the log, when the writer itself brings it to the file: a gibibyte.
    static let mostPages = 262_144

    private struct State {
        var isRunning = false
        var last = ContinuousClock.now
    }

    private let connection: DatabaseQueue
    private let queue = DispatchQueue(label: "rdrec.checkpoint")
    private let state = Mutex(State())

    private static let rest = Duration.milliseconds(500)

    init(path: String) throws {
        var configuration = Configuration()
        configuration.label = "rdrec.checkpoint"
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -1024") }
        connection = try DatabaseQueue(path: path, configuration: configuration)
    }

    /// After a transaction: begins a round, if the last is long enough ago. Returns at once.
    func poke() {
        let begins = state.withLock { state in
            guard !state.isRunning, .now - state.last >= Self.rest else { return false }
            state.isRunning = true
            return true
        }
        guard begins else { return }
        queue.async { [self] in
            // One that fails, on a full disk as well, leaves everything in the log, where it is safe.
            _ = try? connection.writeWithoutTransaction { try $0.checkpoint(.passive) }
            state.withLock { state in
                state.isRunning = false
                state.last = .now
            }
        }
    }

    func close() { queue.sync { try? connection.close() } }
}
