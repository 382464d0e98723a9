internal import Locks
package import Logging
package import RPC
internal import ServiceLifecycle
internal import Transport
internal import Wire

/// Keeps a worker attached to a broker for as long as its model gets on with its work: while it is stalled, others have its work.
package struct WorkerAttachments: Sendable {
    private let worker: Worker
    private let watch: StallWatch
    private let logger: Logger

    package init(_ worker: Worker, stallBudget: Duration, logger: Logger) {
        self.worker = worker
        watch = StallWatch(worker.model.generator, budget: stallBudget)
        self.logger = logger
    }

    /// How an attachment came to its end.
    private enum End: Sendable, Equatable {
        case letGo, stalled, drained
    }

    // MARK: In the broker's process

    /// Until the task is cancelled or the broker shuts down.
    package func run(at broker: Broker) async throws {
        while true {
            try await watch.until(stalled: false)
            // One that came to itself too late: nobody waits for it any more.
            if broker.isDraining { return }
            let end = try await attachOnce(broker)
            if end == .stalled { tellOfStall() }
            if broker.isDraining { return }
            if end == .letGo { try await Task.sleep(for: Self.restAfterLetGo) }
        }
    }

    /// Of a worker that gave work back, before it attaches again: it would get the same again.
    private static let restAfterLetGo: Duration = .seconds(1)

    private func attachOnce(_ broker: Broker) async throws -> End {
        let (attachment, orders) = try broker.attach(worker.ready, isOwn: true)
        defer { attachment.detach() }
        let session = WorkerSession(worker) { try attachment.received($0) }
        return try await withThrowingTaskGroup(of: End.self) { group in
            group.addTask {
                try await session.run(orders)
                return .letGo
            }
            group.addTask {
                try await watch.until(stalled: true)
                return .stalled
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .letGo
        }
    }

    private func tellOfStall() {
        logger.error("the engine makes no progress: its work goes to others", metadata: ["worker.id": "\(worker.id)"])
    }

    // MARK: In a process of its own

    /// Until the surrounding `ServiceGroup` shuts down; connects again whenever the broker is lost.
    /// - Parameters:
    ///   - drainBudget: how long what is in hand may take at shutdown.
    ///   - attached: told when it is, and is no more.
    /// - Throws: the broker's refusal of this worker, which asking again would not change.
    package func run(at broker: TeacherBrokerClient, drainBudget: Duration, attached: @escaping @Sendable (Bool) -> Void) async throws {
        var backoff = Backoff()
        backoff.maximum = .seconds(2)
        var failures = 0
        var rest = Duration.zero
        while !Task.isShuttingDownGracefully {
            do {
                try await cancelWhenGracefulShutdown { try await watch.until(stalled: false) }
            } catch is CancellationError where Task.isShuttingDownGracefully {
                return
            }
            do {
                let end = try await attachOnce(broker, drainBudget, attached)
                if end == .stalled { tellOfStall() }
                failures = 0
                rest = end == .letGo ? Self.restAfterLetGo : .zero
            } catch let error as RPCError where error.code.isRefusal {
                throw error
            } catch let error as RPCError {
                logger.warning("no longer attached", metadata: ["error": "\(error)"])
            } catch is DrainOverdue {
                logger.warning("work was given back that took longer than the drain budget")
            }
            if Task.isShuttingDownGracefully { return }
            let wait = max(rest, backoff.wait(attempt: failures, random: .random(in: 0..<1)).duration)
            rest = .zero
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: wait) }
            try Task.checkCancellation()
            failures += 1
        }
    }

    private struct DrainOverdue: Error {}

    private func attachOnce(
        _ broker: TeacherBrokerClient, _ drainBudget: Duration, _ attached: @escaping @Sendable (Bool) -> Void
    ) async throws -> End {
        defer { attached(false) }
        let isAttached = Locked(false)
        return try await broker.attach(options: CallOptions(waitForReady: true)) { writer, orders in
            let session = WorkerSession(
                worker,
                accepted: {
                    isAttached.withLock { $0 = true }
                    attached(true)
                }, answer: { try await writer.write($0) })
            return try await withThrowingTaskGroup(of: End.self) { group in
                group.addTask {
                    // Returns when there is a connection.
                    try await writer.write(WorkerMessage(event: .ready(worker.ready)))
                    try await session.run(orders)
                    return .letGo
                }
                group.addTask {
                    try await watch.until(stalled: true)
                    return .stalled
                }
                group.addTask {
                    try await gracefulShutdown()
                    guard isAttached.withLock({ $0 }) else { return .letGo }
                    try await writer.write(WorkerMessage(event: .draining(WorkerDraining())))
                    try await finish(session, within: drainBudget)
                    writer.finish()
                    return .drained
                }
                defer { group.cancelAll() }
                while let end = try await group.next() {
                    // Its half-close has the broker end the call.
                    if end != .drained { return end }
                }
                return .letGo
            }
        }
    }

    private func finish(_ session: WorkerSession, within budget: Duration) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await session.untilIdle() }
            group.addTask {
                try await Task.sleep(for: budget)
                throw DrainOverdue()
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

extension StatusCode {
    /// Statuses with which a broker refuses a worker for what it is.
    fileprivate var isRefusal: Bool {
        switch self {
        case .invalidArgument, .failedPrecondition, .permissionDenied, .unauthenticated, .unimplemented: true
        default: false
        }
    }
}
