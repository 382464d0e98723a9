internal import Locks

/// Bytes of records that all calls of a daemon together may have in memory: a call's own batches are bounded, and many calls at once must
/// not take the memory all the same. Who asks first is served first. Safe from any task.
package final class IngestBudget: Sendable {
    private struct Waiter {
        let id: Int
        let bytes: Int
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var free: Int
        var waiters: [Waiter] = []
        var count = 0
    }

    /// All of it.
    package let bytes: Int
    private let state: Locked<State>

    package init(bytes: Int = 256 << 20) {
        self.bytes = bytes
        state = Locked(State(free: bytes))
    }

    /// What a record of so many bytes counts for: one that is larger than all goes alone.
    func share(_ wanted: Int) -> Int { min(wanted, bytes) }

    /// Takes it if it is there at once.
    func takeNow(_ share: Int) -> Bool {
        state.withLock { state in
            guard state.waiters.isEmpty, state.free >= share else { return false }
            state.free -= share
            return true
        }
    }

    /// Takes it once it is there.
    /// - Throws: `CancellationError`.
    func take(_ share: Int) async throws {
        let id = state.withLock { state in
            state.count += 1
            return state.count
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = state.withLock { state in
                    // Whoever cancels from here on finds it among those who wait.
                    guard !Task.isCancelled else { return true }
                    state.waiters.append(Waiter(id: id, bytes: share, continuation: continuation))
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) } else { serve() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: CancellationError())
            serve()
        }
    }

    func giveBack(_ share: Int) {
        state.withLock { $0.free += share }
        serve()
    }

    private func serve() {
        while let waiter = state.withLock({ state -> Waiter? in
            guard let first = state.waiters.first, state.free >= first.bytes else { return nil }
            state.free -= first.bytes
            return state.waiters.removeFirst()
        }) {
            waiter.continuation.resume()
        }
    }
}
