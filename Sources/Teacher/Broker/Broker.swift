internal import Locks
package import RPC
internal import Transport
package import Wire

/// The one queue of a teacher, and its workers. Knows no model and no sockets: workers of this process and those that dial in attach alike.
/// Safe from any thread.
package final class Broker: Sendable {
    /// Orders for a worker, in turn; they end when the broker wants it gone.
    package typealias Orders = AsyncStream<BrokerMessage>

    struct Job {
        /// Of a completion's text in all, in bytes: far more than any model's context, and a bound to what a worker can make of a slow reader.
        static let maxTextBytes = 16 << 20

        let work: Assignment.Work
        let deadline: ContinuousClock.Instant?
        let events: WorkEvents.Continuation
        var textBytes = 0
    }

    private struct Attached {
        let name: String
        let orders: Orders.Continuation
    }

    private struct State {
        var machine: BrokerMachine
        var jobs: [BrokerMachine.RequestID: Job] = [:]
        var attached: [BrokerMachine.WorkerID: Attached] = [:]
        var nextRequest: BrokerMachine.RequestID = 1
        var nextWorker: BrokerMachine.WorkerID = 1
        /// Of the first worker, which all others have to be like.
        var fleet: Fleet?
        var isDraining = false
        var drainListeners: [UInt64: @Sendable () -> Void] = [:]
        /// Streams of requests that may submit more.
        var openStreams: Set<UInt64> = []
        /// Whether the workers have been told to go: nothing is taken on any more.
        var hasLetGo = false
        var nextListener: UInt64 = 1
    }

    /// What the workers of a broker have in common, so that the same request gives the same text wherever it is done.
    package struct Fleet: Sendable, Hashable {
        package let model: ModelInfo
        package let promptVersion: String
    }

    private let state: Locked<State>
    private let retryAfter: Duration
    private let awaitsOwnWorker: Bool
    /// Held while health is told, so that the last word is the newest.
    private let telling = Locked(())
    private let readinessChanged: @Sendable (Bool) -> Void

    /// - Parameters:
    ///   - retryAfter: what a caller is asked to wait when the queue is full.
    ///   - awaitsOwnWorker: whether a worker of this process is to be the first: its model is the teacher's, however soon others come.
    ///   - readinessChanged: told whenever the first worker has come or the last has gone.
    package init(
        limits: BrokerMachine.Limits, retryAfter: Duration = .milliseconds(200), awaitsOwnWorker: Bool = false,
        readinessChanged: @escaping @Sendable (Bool) -> Void
    ) {
        state = Locked(State(machine: BrokerMachine(limits: limits)))
        self.retryAfter = retryAfter
        self.awaitsOwnWorker = awaitsOwnWorker
        self.readinessChanged = readinessChanged
    }

    // MARK: Requests

    /// Takes a request on, or refuses it at once.
    /// - Throws: RESOURCE_EXHAUSTED with `RetryInfo` where the queue is full; UNAVAILABLE where the broker is shutting down without workers.
    package func submit(_ work: Assignment.Work, isBulk: Bool, deadline: ContinuousClock.Instant?) throws(RPCError) -> WorkEvents {
        // No more events than tokens come of a request, so that the buffer needs no bound of its own.
        let (events, continuation) = WorkEvents.makeStream()
        let id = try state.withLock { state throws(RPCError) in
            if state.hasLetGo || state.isDraining && state.attached.isEmpty { throw Self.shuttingDown }
            let id = state.nextRequest
            state.nextRequest += 1
            state.jobs[id] = Job(work: work, deadline: deadline, events: continuation)
            do throws(BrokerMachine.Refusal) {
                perform(try state.machine.submit(id, isBulk: isBulk, deadline: deadline, now: .now), &state)
            } catch {
                state.jobs[id] = nil
                throw refused(error)
            }
            return id
        }
        continuation.onTermination = { [weak self] reason in
            // At its own end the request is forgotten, and the lock may be held.
            if case .cancelled = reason { self?.cancel(id) }
        }
        return events
    }

    private func refused(_ refusal: BrokerMachine.Refusal) -> RPCError {
        switch refusal {
        case .tooMany(let count):
            .tryLater(.resourceExhausted, "the teacher's queue is full: \(count) requests wait (max-queued)", retryAfter: retryAfter)
        }
    }

    private func cancel(_ id: BrokerMachine.RequestID) {
        state.withLock { state in
            state.jobs[id] = nil
            perform(state.machine.cancel(id), &state)
        }
    }

    // MARK: Workers

    /// Takes a worker on.
    /// - Parameter isOwn: whether it is in this process.
    /// - Throws: INVALID_ARGUMENT for what no worker can say; FAILED_PRECONDITION for another model or prompt than the first worker's;
    ///   UNAVAILABLE while the broker's own worker is awaited, or when the broker shuts down.
    package func attach(_ ready: WorkerReady, isOwn: Bool = false) throws(RPCError) -> (attachment: Attachment, orders: Orders) {
        let (name, fleet) = try Self.check(ready)
        // Orders without an answer are two a slot at most, an assignment and that it is cancelled, after the first.
        let (orders, continuation) = Orders.makeStream()
        let id = try state.withLock { state throws(RPCError) in
            if state.isDraining { throw Self.shuttingDown }
            if let known = state.fleet {
                try known.check(fleet)
            } else if awaitsOwnWorker, !isOwn {
                throw RPCError.tryLater(.unavailable, "the teacher's own worker is loading its model", retryAfter: .seconds(1))
            }
            state.fleet = state.fleet ?? fleet
            let id = state.nextWorker
            state.nextWorker += 1
            continuation.yield(BrokerMessage(order: .accepted(AttachmentAccepted())))
            state.attached[id] = Attached(name: name, orders: continuation)
            let actions = state.machine.attach(
                id, slots: Int(ready.slots), interactiveSlots: Int(ready.interactiveSlots), now: .now)
            perform(actions, &state)
            return id
        }
        tellReadiness()
        return (Attachment(broker: self, id: id), orders)
    }

    private static func check(_ ready: WorkerReady) throws(RPCError) -> (name: String, fleet: Fleet) {
        let name = ready.workerID
        let isName = (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { $0.isNameByte }
        guard isName else { throw RPCError(.invalidArgument, "ready.worker_id must have 1 to 64 characters [A-Za-z0-9_.-]") }
        guard (1...65_536).contains(ready.slots) else {
            throw RPCError(.invalidArgument, "ready.slots is \(ready.slots); it must be from 1 to 65536")
        }
        guard ready.interactiveSlots < ready.slots else {
            throw RPCError(.invalidArgument, "ready.interactive_slots is \(ready.interactiveSlots); it must be fewer than all slots")
        }
        guard let model = ready.model, !model.digest.isEmpty else { throw RPCError(.invalidArgument, "ready.model.digest is missing") }
        return (name, Fleet(model: model, promptVersion: ready.promptVersion))
    }

    fileprivate func received(_ message: WorkerMessage, from worker: BrokerMachine.WorkerID) throws(RPCError) {
        try state.withLock { state throws(RPCError) in
            switch message.event {
            case .ready: throw RPCError(.failedPrecondition, "a worker says ready once, at the beginning")
            case .draining: state.machine.drain(worker)
            case .chunk(let part):
                guard let id = state.machine.request(of: worker, part.assignmentID), let chunk = part.chunk else { return }
                try state.jobs[id]?.pass(chunk)
                _ = state.machine.answered(worker, part.assignmentID)
            case .outcome(let outcome) where StatusCode(wireValue: outcome.status) == .unavailable:
                perform(state.machine.returned(worker, outcome.assignmentID, now: .now), &state)
            case .outcome(let outcome):
                let (request, actions) = state.machine.outcome(worker, outcome.assignmentID, now: .now)
                if let job = request.flatMap({ state.jobs.removeValue(forKey: $0) }) { job.finish(outcome) }
                perform(actions, &state)
            case nil: throw RPCError(.invalidArgument, "a message of a worker without an event that this broker knows")
            }
        }
    }

    fileprivate func detach(_ worker: BrokerMachine.WorkerID) {
        state.withLock { state in
            state.attached.removeValue(forKey: worker)?.orders.finish()
            perform(state.machine.detach(worker, now: .now), &state)
            guard state.isDraining, state.attached.isEmpty else { return }
            // Nobody is left to do what waits, and nobody will come.
            for (request, job) in state.jobs {
                _ = state.machine.cancel(request)
                job.events.finish(throwing: Self.shuttingDown)
            }
            state.jobs = [:]
        }
        tellReadiness()
    }

    private func tellReadiness() { telling.withLock { _ in readinessChanged(isReady) } }

    /// Under the lock, so that what a worker is told keeps its order; none of it calls back.
    private func perform(_ actions: [BrokerMachine.Action], _ state: inout State) {
        for action in actions {
            switch action {
            case .assign(let assignment, let request, let worker):
                guard let job = state.jobs[request] else { continue }
                state.attached[worker]?.orders.yield(job.assigned(assignment))
            case .cancel(let assignment, let worker):
                state.attached[worker]?.orders.yield(BrokerMessage(order: .cancel(AssignmentCancel(assignmentID: assignment))))
            case .letGo(let worker): state.attached[worker]?.orders.finish()
            case .end(let request, let ending): state.jobs.removeValue(forKey: request)?.events.finish(throwing: ending.error)
            }
        }
        if state.isDraining, state.machine.openRequests == 0, state.openStreams.isEmpty {
            state.hasLetGo = true
            for worker in state.attached.values { worker.orders.finish() }
        }
    }

    // MARK: Its own end

    static let shuttingDown = RPCError.tryLater(.unavailable, "the teacher is shutting down", retryAfter: .milliseconds(500))

    /// Takes no more workers; streams of requests are told, and the workers let go when nothing is left to do. Idempotent.
    package func beginDraining() {
        let listeners = state.withLock { state in
            state.isDraining = true
            perform([], &state)
            defer { state.drainListeners = [:] }
            return Array(state.drainListeners.values)
        }
        for listener in listeners { listener() }
    }

    /// Has `listener` called when the broker begins to drain: at once where it does already.
    /// - Returns: takes it back.
    package func whenDraining(_ listener: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
        let id = state.withLock { state -> UInt64? in
            if state.isDraining { return nil }
            defer { state.nextListener += 1 }
            state.drainListeners[state.nextListener] = listener
            state.openStreams.insert(state.nextListener)
            return state.nextListener
        }
        guard let id else {
            listener()
            return {}
        }
        return { [weak self] in
            self?.state.withLock { state in
                state.drainListeners[id] = nil
                state.openStreams.remove(id)
                self?.perform([], &state)
            }
        }
    }

    // MARK: How it stands

    /// Whether there is a worker.
    package var isReady: Bool { state.withLock { !$0.attached.isEmpty && !$0.isDraining } }

    /// Whether it takes no more workers.
    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Of the workers; nil before the first has come.
    package var fleet: Fleet? { state.withLock { $0.fleet } }

    package var load: BrokerLoad {
        state.withLock { state in
            var load = BrokerLoad()
            (load.queuedInteractive, load.queuedBulk) = state.machine.queued
            load.oldestQueued = state.machine.oldestQueued.map { .now - $0 }
            load.running = state.machine.running
            load.freeSlots = state.machine.freeSlots
            load.lostWorkers = state.machine.lostWorkers
            load.repeats = state.machine.repeats
            load.workers = state.machine.workers.sorted { $0.key < $1.key }.map { id, worker in
                WorkerLoad(
                    workerID: state.attached[id]?.name ?? "", freeSlots: UInt32(clamping: worker.freeSlots),
                    running: UInt32(clamping: worker.running), finished: worker.finished)
            }
            return load
        }
    }
}

/// A worker's place at the broker. To be detached by whoever attached it.
package struct Attachment: Sendable {
    fileprivate let broker: Broker
    fileprivate let id: BrokerMachine.WorkerID

    /// What the worker says.
    /// - Throws: for what it must not say; the attachment is to be ended then.
    package func received(_ message: WorkerMessage) throws(RPCError) { try broker.received(message, from: id) }

    /// The worker has gone. Idempotent.
    package func detach() { broker.detach(id) }
}
