internal import DequeModule
internal import Locks
package import RPC
internal import Transport

/// A bound of bytes on the requests that a teacher has taken on: waiting in its streams, queued, running. Safe from any thread.
///
/// Whoever asks for one rationale is refused when it is reached, and a stream waits for its turn, read no further meanwhile. Streams
/// together have three quarters at most, and while one of them waits so have the others: neither shuts the other out.
package final class RequestMemory: Sendable {
    private struct Waiter {
        let id: UInt64
        let bytes: Int
        let turn: AsyncStream<Never>.Continuation
    }

    private struct State {
        var ofCalls = 0
        var ofStreams = 0
        var used: Int { ofCalls + ofStreams }
        var waiters: Deque<Waiter> = []
        var nextID: UInt64 = 0
    }

    private let state = Locked(State())
    private let maxBytes: Int

    package init(maxBytes: Int) { self.maxBytes = maxBytes }

    /// What is reserved now.
    package var used: Int { state.withLock { $0.used } }
    /// Requests of streams that wait for their turn.
    package var waiting: Int { state.withLock { $0.waiters.count } }

    /// Reserves at once, or refuses.
    /// - Throws: RESOURCE_EXHAUSTED with `RetryInfo`.
    package func reserve(_ bytes: Int) throws(RPCError) {
        let used = state.withLock { state -> Int? in
            let isFair = state.waiters.isEmpty || Self.fits(bytes, state.ofCalls, partBytes)
            guard isFair, Self.fits(bytes, state.used, maxBytes) else { return state.used }
            state.ofCalls += bytes
            return nil
        }
        guard let used else { return }
        throw .tryLater(
            .resourceExhausted, "the teacher is full: its requests hold \(used) bytes (max-queued-bytes)", retryAfter: .milliseconds(200))
    }

    /// Reserves for a stream, in turn with the others.
    /// - Throws: `CancellationError`; nothing is reserved then.
    package func reserveInTurn(_ bytes: Int) async throws {
        let waiting = state.withLock { state -> (id: UInt64, turn: AsyncStream<Never>)? in
            if state.waiters.isEmpty, streamFits(bytes, state) {
                state.ofStreams += bytes
                return nil
            }
            let (turn, continuation) = AsyncStream<Never>.makeStream()
            defer { state.nextID += 1 }
            state.waiters.append(Waiter(id: state.nextID, bytes: bytes, turn: continuation))
            return (state.nextID, turn)
        }
        guard let waiting else { return }
        for await _ in waiting.turn {}
        guard Task.isCancelled else { return }
        let hadTurn = state.withLock { state in
            let count = state.waiters.count
            state.waiters.removeAll { $0.id == waiting.id }
            return state.waiters.count == count
        }
        // Those behind it may fit where it did not.
        releaseInTurn(hadTurn ? bytes : 0)
        throw CancellationError()
    }

    /// Gives back what ``reserve(_:)`` gave.
    package func release(_ bytes: Int) {
        state.withLock { state in
            state.ofCalls -= bytes
            letIn(&state)
        }
    }

    /// Gives back what ``reserveInTurn(_:)`` gave.
    package func releaseInTurn(_ bytes: Int) {
        state.withLock { state in
            state.ofStreams -= bytes
            letIn(&state)
        }
    }

    private func letIn(_ state: inout State) {
        while let next = state.waiters.first, streamFits(next.bytes, state) {
            state.ofStreams += next.bytes
            state.waiters.removeFirst()
            next.turn.finish()
        }
    }

    private func streamFits(_ bytes: Int, _ state: State) -> Bool {
        Self.fits(bytes, state.ofStreams, partBytes) && Self.fits(bytes, state.used, maxBytes)
    }

    private var partBytes: Int { maxBytes / 4 * 3 }

    /// One alone always fits, whatever its size.
    private static func fits(_ bytes: Int, _ used: Int, _ bound: Int) -> Bool { used == 0 || used + bytes <= bound }
}
