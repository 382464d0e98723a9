internal import Locks
package import Wire

/// One attachment of a worker, on the worker's side: the assignments that it has in hand.
package final class WorkerSession: Sendable {
    private struct State {
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var idleWaiters: [AsyncStream<Never>.Continuation] = []
        /// The attachment ends: the broker gives what is in hand to others, and must not take what is cancelled here for an outcome.
        var isOver = false
    }

    private let worker: Worker
    private let accepted: @Sendable () -> Void
    private let answer: @Sendable (WorkerMessage) async throws -> Void
    private let state = Locked(State())

    /// - Parameters:
    ///   - accepted: told when the broker has taken the worker on.
    ///   - answer: the way to the broker. Where it fails the broker is gone, and the orders end too.
    package init(
        _ worker: Worker, accepted: @escaping @Sendable () -> Void = {}, answer: @escaping @Sendable (WorkerMessage) async throws -> Void
    ) {
        self.worker = worker
        self.accepted = accepted
        self.answer = answer
    }

    /// Carries orders out until they end or the task is cancelled; returns when no work is left in hand.
    package func run<Orders: AsyncSequence & Sendable>(_ orders: Orders) async throws where Orders.Element == BrokerMessage {
        let result = await Result { () async throws in
            for try await message in orders { take(message) }
        }
        let tasks = state.withLock { state in
            state.isOver = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        try result.get()
        try Task.checkCancellation()
    }

    private func take(_ message: BrokerMessage) {
        switch message.order {
        case .assignment(let assignment):
            // Not a child of a task group: one of those cannot be cancelled alone. `run` waits for each.
            state.withLock { state in
                state.tasks[assignment.assignmentID] = Task { await self.carryOut(assignment) }
            }
        case .accepted: accepted()
        case .cancel(let cancel): state.withLock { $0.tasks[cancel.assignmentID] }?.cancel()
        // An order of a newer broker: there is nothing that could be said to it.
        case nil: break
        }
    }

    private func carryOut(_ assignment: Assignment) async {
        let id = assignment.assignmentID
        let outcome = await worker.outcome(of: assignment) { chunk in
            try await answer(WorkerMessage(event: .chunk(AssignmentChunk(assignmentID: id, chunk: chunk))))
        }
        await tell(outcome)
        let waiters = state.withLock { state in
            state.tasks[id] = nil
            guard state.tasks.isEmpty else { return [AsyncStream<Never>.Continuation]() }
            defer { state.idleWaiters = [] }
            return state.idleWaiters
        }
        for waiter in waiters { waiter.finish() }
    }

    /// An outcome is owed for a cancelled assignment too, and a task that is cancelled could not send it.
    private func tell(_ outcome: AssignmentOutcome) async {
        if state.withLock({ $0.isOver }) { return }
        let answer = answer
        guard Task.isCancelled else {
            _ = try? await answer(WorkerMessage(event: .outcome(outcome)))
            return
        }
        await Task { _ = try? await answer(WorkerMessage(event: .outcome(outcome))) }.value
    }

    /// Returns when nothing is in hand.
    /// - Throws: `CancellationError`.
    package func untilIdle() async throws {
        let (idle, continuation) = AsyncStream<Never>.makeStream()
        state.withLock { state in
            if state.tasks.isEmpty { continuation.finish() } else { state.idleWaiters.append(continuation) }
        }
        for await _ in idle {}
        try Task.checkCancellation()
    }
}

extension Result where Failure == any Error {
    /// What comes of a body that waits.
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
