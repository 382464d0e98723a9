/// Who works on what: the queue, the workers' slots, and what becomes of work whose worker is lost. Pure: time is an argument, and each
/// input returns what is to be done.
///
/// What always holds: a request that was submitted ends exactly once, by ``Action/end(_:_:)``, by an outcome that ``outcome(_:_:now:)`` gives
/// to it, or by ``cancel(_:)``; a worker never has more assignments without an outcome than slots, nor more bulk ones than it allows; an
/// assignment that was cancelled keeps its slot until its outcome has come.
package struct BrokerMachine: Sendable {
    package typealias RequestID = UInt64
    package typealias WorkerID = UInt64
    package typealias AssignmentID = UInt64

    package struct Limits: Sendable {
        /// Requests that may wait.
        package var maxQueued: Int
        /// How often work is given out again after its worker was lost.
        package var maxRepeats: Int

        package init(maxQueued: Int = 4_096, maxRepeats: Int = 2) {
            self.maxQueued = maxQueued
            self.maxRepeats = maxRepeats
        }
    }

    package enum Action: Sendable, Equatable {
        case assign(AssignmentID, RequestID, to: WorkerID)
        /// Nobody waits for the assignment any more.
        case cancel(AssignmentID, on: WorkerID)
        case end(RequestID, Ending)
        /// It gave work back, and has nothing in hand any more: its attachment is to be ended.
        case letGo(WorkerID)
    }

    /// How a request ends without an outcome.
    package enum Ending: Sendable, Equatable {
        /// Its deadline passed while it waited.
        case expired
        /// Its last worker was lost, as those before.
        case workersLost(Int)
        /// Its worker was lost when a part of the answer had gone out.
        case lostHalfway
    }

    package enum Refusal: Error, Sendable, Equatable {
        case tooMany(Int)
    }

    private struct Request: Sendable {
        let isBulk: Bool
        let deadline: ContinuousClock.Instant?
        let since: ContinuousClock.Instant
        /// Workers that were lost with it.
        var losses = 0
        /// Nil while it waits.
        var place: (worker: WorkerID, assignment: AssignmentID)?
        var hasAnswered = false
    }

    fileprivate struct Hand: Sendable {
        /// Nil where nobody waits for it.
        var request: RequestID?
        let isBulk: Bool
    }

    struct Worker: Sendable {
        let slots: Int
        /// That bulk work may have at a time.
        let bulkSlots: Int
        /// Without outcome.
        fileprivate var hands: [AssignmentID: Hand] = [:]
        fileprivate var bulkHands = 0
        var isDraining = false
        /// Whether it has given work back, and so can do none.
        var hasGivenBack = false
        var finished: UInt64 = 0

        var running: Int { hands.count }
        var freeSlots: Int { isDraining ? 0 : slots - hands.count }

        func hasPlace(forBulk isBulk: Bool) -> Bool { freeSlots > 0 && (!isBulk || bulkHands < bulkSlots) }

        fileprivate mutating func take(_ assignment: AssignmentID, _ request: RequestID, isBulk: Bool) {
            hands[assignment] = Hand(request: request, isBulk: isBulk)
            if isBulk { bulkHands += 1 }
        }

        fileprivate mutating func end(_ assignment: AssignmentID) -> Hand? {
            guard let hand = hands.removeValue(forKey: assignment) else { return nil }
            if hand.isBulk { bulkHands -= 1 }
            return hand
        }
    }

    package let limits: Limits
    private var queue = FairQueue<RequestID>()
    private var requests: [RequestID: Request] = [:]
    private(set) var workers: [WorkerID: Worker] = [:]
    private var nextAssignment: AssignmentID = 1
    /// Workers whose attachment ended with work in their hands, and requests that were given out again.
    package private(set) var lostWorkers: UInt64 = 0
    package private(set) var repeats: UInt64 = 0

    package init(limits: Limits) { self.limits = limits }

    /// Requests without an end.
    package var openRequests: Int { requests.count }
    package var queued: (interactive: Int, bulk: Int) { (queue.interactiveCount, queue.bulkCount) }
    package var oldestQueued: ContinuousClock.Instant? { queue.heads.compactMap { requests[$0]?.since }.min() }
    package var running: Int { workers.values.reduce(0) { $0 + $1.running } }
    package var freeSlots: Int { workers.values.reduce(0) { $0 + $1.freeSlots } }

    // MARK: Requests

    /// A request has come. Work that finds a free slot needs no room in the queue.
    package mutating func submit(
        _ id: RequestID, isBulk: Bool, deadline: ContinuousClock.Instant?, now: ContinuousClock.Instant
    ) throws(Refusal) -> [Action] {
        precondition(requests[id] == nil, "a request is submitted once")
        if (isBulk ? queue.bulkCount : queue.interactiveCount) > 0 || freest(forBulk: isBulk) == nil {
            guard queue.count < limits.maxQueued else { throw .tooMany(queue.count) }
        }
        requests[id] = Request(isBulk: isBulk, deadline: deadline, since: now)
        enqueue(id, again: false)
        return dispatch(now)
    }

    private mutating func enqueue(_ id: RequestID, again: Bool) {
        guard let request = requests[id] else { return }
        queue.add(id, isBulk: request.isBulk, again: again)
    }

    /// Nobody waits for it any more; nothing where it has ended.
    package mutating func cancel(_ id: RequestID) -> [Action] {
        guard let request = requests.removeValue(forKey: id) else { return [] }
        guard let place = request.place else {
            queue.forget(id, isBulk: request.isBulk)
            return []
        }
        workers[place.worker]?.hands[place.assignment]?.request = nil
        return [.cancel(place.assignment, on: place.worker)]
    }

    // MARK: Workers

    /// - Parameter interactiveSlots: those that bulk work leaves free, fewer than all.
    package mutating func attach(_ id: WorkerID, slots: Int, interactiveSlots: Int = 0, now: ContinuousClock.Instant) -> [Action] {
        precondition(workers[id] == nil && slots > 0, "a worker attaches once, with slots")
        precondition((0..<slots).contains(interactiveSlots), "bulk work has a slot")
        workers[id] = Worker(slots: slots, bulkSlots: slots - interactiveSlots)
        return dispatch(now)
    }

    /// The worker takes no more.
    package mutating func drain(_ id: WorkerID) { workers[id]?.isDraining = true }

    /// The worker has gone: what it had is given out again, the oldest first.
    package mutating func detach(_ id: WorkerID, now: ContinuousClock.Instant) -> [Action] {
        guard let worker = workers.removeValue(forKey: id) else { return [] }
        let unfinished = worker.hands.values.compactMap(\.request).sorted()
        if !worker.hands.isEmpty { lostWorkers += 1 }
        // From the newest on, since each goes to the front.
        return unfinished.reversed().compactMap { lose($0) } + dispatch(now)
    }

    private mutating func lose(_ id: RequestID) -> Action? {
        guard var request = requests[id] else { return nil }
        request.losses += 1
        request.place = nil
        guard !request.hasAnswered, request.losses <= limits.maxRepeats else {
            requests[id] = nil
            return .end(id, request.hasAnswered ? .lostHalfway : .workersLost(request.losses))
        }
        requests[id] = request
        repeats += 1
        enqueue(id, again: true)
        return nil
    }

    /// Whose an assignment is; nil where nobody waits for it.
    package func request(of worker: WorkerID, _ assignment: AssignmentID) -> RequestID? {
        workers[worker]?.hands[assignment]?.request
    }

    /// The worker has sent a part of an answer.
    /// - Returns: whose it is; nil where nobody waits for it.
    package mutating func answered(_ worker: WorkerID, _ assignment: AssignmentID) -> RequestID? {
        guard let id = request(of: worker, assignment) else { return nil }
        requests[id]?.hasAnswered = true
        return id
    }

    /// The worker has ended an assignment, and its slot is free.
    /// - Returns: whose outcome it is; nil where nobody waits for it.
    package mutating func outcome(
        _ worker: WorkerID, _ assignment: AssignmentID, now: ContinuousClock.Instant
    ) -> (request: RequestID?, actions: [Action]) {
        guard let hand = workers[worker]?.end(assignment) else { return (nil, []) }
        if let request = hand.request {
            requests[request] = nil
            workers[worker]?.finished += 1
        }
        return (hand.request, letGo(worker) + dispatch(now))
    }

    /// The worker gives an assignment back, to be done by another: counts as a loss. One that cannot work would get the same again at
    /// once, since it has the most free slots: it gets nothing more, and is let go when its last outcome has come. It may attach anew.
    package mutating func returned(_ worker: WorkerID, _ assignment: AssignmentID, now: ContinuousClock.Instant) -> [Action] {
        guard let hand = workers[worker]?.end(assignment) else { return [] }
        // One that was cancelled may end as it likes.
        guard let request = hand.request else { return letGo(worker) + dispatch(now) }
        workers[worker]?.isDraining = true
        workers[worker]?.hasGivenBack = true
        let ended = lose(request)
        return (ended.map { [$0] } ?? []) + letGo(worker) + dispatch(now)
    }

    private mutating func letGo(_ id: WorkerID) -> [Action] {
        guard let worker = workers[id], worker.hasGivenBack, worker.hands.isEmpty else { return [] }
        return [.letGo(id)]
    }

    // MARK: Giving out

    private mutating func dispatch(_ now: ContinuousClock.Instant) -> [Action] {
        var actions: [Action] = []
        while queue.count > 0 {
            let (interactivePlace, bulkPlace) = (freest(forBulk: false), freest(forBulk: true))
            guard let id = queue.next(interactive: interactivePlace != nil, bulk: bulkPlace != nil), var request = requests[id],
                let worker = request.isBulk ? bulkPlace : interactivePlace
            else { break }
            if let deadline = request.deadline, deadline <= now {
                requests[id] = nil
                actions.append(.end(id, .expired))
                continue
            }
            let assignment = nextAssignment
            nextAssignment += 1
            request.place = (worker, assignment)
            requests[id] = request
            workers[worker]?.take(assignment, id, isBulk: request.isBulk)
            actions.append(.assign(assignment, id, to: worker))
        }
        return actions
    }

    /// The worker with a place for it that has the most free slots, of equals the one that came first.
    private func freest(forBulk isBulk: Bool) -> WorkerID? {
        var best: (id: WorkerID, free: Int)?
        for (id, worker) in workers where worker.hasPlace(forBulk: isBulk) {
            if let known = best, (known.free, id) > (worker.freeSlots, known.id) { continue }
            best = (id, worker.freeSlots)
        }
        return best?.id
    }
}
