internal import GRDB
internal import Synchronization

/// Gathers small writes into one transaction, so that callers at the same time share its fsync. Each write is whole or not at all, whatever
/// becomes of the others with it.
final class GroupCommit: Sendable {
    typealias Body = @Sendable (Database) throws -> Void

    private struct Entry: Sendable {
        let body: Body
        let done: @Sendable (Result<Void, any Error>) -> Void
    }

    private struct State {
        var waiting: [Entry] = []
        var isRunning = false
    }

    private let writer: any DatabaseWriter
    private let path: String
    private let state = Mutex(State())

    /// Writes in a transaction at most; more wait for the next.
    private static let mostAtOnce = 256

    init(_ writer: any DatabaseWriter, path: String) {
        self.writer = writer
        self.path = path
    }

    /// Returns when what `body` wrote is on disk. Not cancelled once begun: who writes wants it written.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        let value = Mutex<Value?>(nil)
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
            let entry = Entry(
                body: { db in
                    let made = try body(db)
                    value.withLock { $0 = made }
                }, done: { continuation.resume(with: $0) })
            let starts = state.withLock { state in
                state.waiting.append(entry)
                defer { state.isRunning = true }
                return !state.isRunning
            }
            if starts { runNext() }
        }
        guard let value = value.withLock({ $0 }) else { preconditionFailure("a write that has succeeded has its value") }
        return value
    }

    /// On the writer's own queue.
    private func runNext() {
        let entries = state.withLock { state -> [Entry] in
            let taken = Array(state.waiting.prefix(Self.mostAtOnce))
            state.waiting.removeFirst(taken.count)
            state.isRunning = !taken.isEmpty
            return taken
        }
        guard !entries.isEmpty else { return }
        writer.asyncWriteWithoutTransaction { [self] db in
            let results = Result {
                try db.transaction(at: path) { db in
                    try entries.map { entry -> Result<Void, any Error> in
                        do {
                            try db.inSavepoint {
                                try entry.body(db)
                                return .commit
                            }
                            return .success(())
                        } catch let error as DatabaseError where !db.isInsideTransaction {
                            // The whole transaction is gone, and with it the writes before this one.
                            throw error
                        } catch {
                            return .failure(error)
                        }
                    }
                }
            }
            switch results {
            case .success(let results): for (entry, result) in zip(entries, results) { entry.done(result) }
            case .failure(let error): for entry in entries { entry.done(.failure(error)) }
            }
            runNext()
        }
    }
}
