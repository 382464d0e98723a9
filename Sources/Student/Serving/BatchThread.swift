internal import Dispatch
internal import Foundation
internal import Locks
internal import Transport

/// What a `BatchThread` takes: safe from any thread.
protocol BatchJob: AnyObject, Sendable {
    /// When it came.
    var since: MonotonicTime { get }
    /// How many of a batch it counts for.
    var weight: Int { get }
    /// Asked before it is given out; what is of no more use never is.
    var isOver: Bool { get }
    func belongs(with other: Self) -> Bool
    func fail(_ error: any Error)
}

/// A thread of its own that answers jobs in batches: the first that waits, and those behind it that belong with it, when they are as many as a
/// batch takes or the first has waited for `delay`. The queue is bounded. Until `stop` it keeps itself alive.
final class BatchThread<Job: BatchJob>: Sendable {
    struct Limits: Sendable {
        var queued: Int
        /// Weights of a batch together. A job of more goes alone.
        var batch: Int
        var delay: Duration
    }

    enum Refusal: Sendable {
        case full
        case stopping
    }

    private enum Sleep { case awake, untilFirst, untilFull }

    private struct State {
        var queue: [Job] = []
        var sleep = Sleep.awake
        var isStopping = false
    }

    private let state = Locked(State())
    private let limits: Limits
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let depth: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - depth: told how many jobs wait, in the order of the changes; must not take long.
    ///   - serve: answers all jobs of a batch; runs on the thread.
    init(name: String, _ limits: Limits, depth: @escaping @Sendable (Int) -> Void, serve: @escaping @Sendable ([Job]) -> Void) {
        self.limits = limits
        self.depth = depth
        let thread = Thread { [self] in
            while let batch = next() { serve(batch) }
            ended.signal()
        }
        thread.name = name
        // A model's scratch memory is not on it; its calls may be deep.
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// - Returns: why it is not taken; nil where it is.
    func submit(_ job: Job) -> Refusal? {
        let (wakes, refusal) = state.withLock { state -> (Bool, Refusal?) in
            if state.isStopping { return (false, .stopping) }
            guard state.queue.count < limits.queued else { return (false, .full) }
            state.queue.append(job)
            depth(state.queue.count)
            let wakes = state.sleep == .untilFirst || (state.sleep == .untilFull && state.queue.count >= limits.batch)
            if wakes { state.sleep = .awake }
            return (wakes, nil)
        }
        if wakes { wake.signal() }
        return refusal
    }

    /// Takes a job out that is over, where it still waits: its room is free at once.
    func forget(_ job: Job) {
        state.withLock { state in
            state.queue.removeAll { $0 === job }
            depth(state.queue.count)
        }
    }

    /// Fails what waits, and returns when the batch in work has ended, at the latest after `patience`: a model that hangs must not keep a process
    /// from its end. Blocks. Idempotent.
    func stop(failing error: any Error, patience: DispatchTimeInterval = .seconds(5)) {
        let left = state.withLock { state in
            state.isStopping = true
            defer { state.queue = [] }
            return state.queue
        }
        for job in left { job.fail(error) }
        wake.signal()
        if ended.wait(timeout: .now() + patience) == .success { ended.signal() }
    }

    private enum Step {
        case batch([Job])
        case sleep(Nanoseconds?)
        case end
    }

    /// Sleeps until there is a batch.
    /// - Returns: nil at the end.
    private func next() -> [Job]? {
        while true {
            switch state.withLock({ step(&$0) }) {
            case .batch(let batch): return batch
            // Woken too early or too late it looks again.
            case .sleep(let time?): _ = wake.wait(timeout: .now() + .nanoseconds(Int(time.count)))
            case .sleep(nil): wake.wait()
            case .end: return nil
            }
        }
    }

    private func step(_ state: inout State) -> Step {
        state.queue.removeAll { $0.isOver }
        defer { depth(state.queue.count) }
        guard let first = state.queue.first else {
            state.sleep = .untilFirst
            return state.isStopping ? .end : .sleep(nil)
        }
        var batch: [Job] = [], rest: [Job] = [], weight = 0
        for job in state.queue {
            let fits = batch.isEmpty || (weight + job.weight <= limits.batch && job.belongs(with: first))
            if fits { weight += job.weight }
            if fits { batch.append(job) } else { rest.append(job) }
        }
        let due = first.since + Nanoseconds(limits.delay), now = MonotonicTime.now()
        guard rest.isEmpty, weight < limits.batch, now < due else {
            state.queue = rest
            state.sleep = .awake
            return .batch(batch)
        }
        state.sleep = .untilFull
        return .sleep(due - now)
    }
}
