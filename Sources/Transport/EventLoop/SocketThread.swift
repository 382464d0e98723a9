internal import Glibc
internal import Locks
internal import Synchronization

/// What a socket thread looks after. Every call comes on that thread.
package protocol LoopSource: AnyObject {
    /// Handles at most `limit` messages that wait, without blocking.
    /// - Returns: how many; fewer than `limit` means that nothing is left.
    func drain(limit: Int) -> Int

    /// What must end the sleep: of a ZeroMQ socket its `ZMQ_FD`; none for sources that ring `wake()` themselves.
    ///
    /// `ZMQ_FD` tells of changes only, and every call on the socket may take a change in. The thread sleeps only after a turn in which
    /// nothing was sent and every source was drained until it said that nothing is left, so that no change can be overlooked.
    var pollDescriptors: [CInt] { get }
}

/// The one thread that owns sockets, timers and the state of connections and calls. It does no compute, so that heartbeats are on
/// time whatever the process is busy with.
///
/// Other threads reach it by `execute`. It is a `TaskExecutor` too: what runs with it as its preference saves a hop between
/// threads on each message, at the price of holding up every connection while it computes; fit for dispatch, not for work.
///
/// A turn runs what was handed in, lets each source handle what has arrived, fires timers, and sleeps in `poll` only when there was
/// nothing to do: libzmq's own `zmq_poll` makes several system calls more for each socket and sleep. The eventfd is written only while the thread sleeps, so that under load wake-ups cost nothing.
package final class SocketThread: TaskExecutor {
    private enum Work {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    private struct Inbox {
        var work: [Work] = []
        var asleep = false
        /// `wake` was called since the turn began: what it was called for may have come after its source was looked at.
        var woken = false
        var closing = false
        var closed = false
    }

    /// What only the thread itself touches.
    private final class State {
        var sources: [any LoopSource] = []
        var pollItems: [pollfd] = []
        var pollItemsValid = false
        var work: [Work] = []
        var ownWork: [Work] = []
        var timers = TimerWheel(now: .now())
        var due: [(target: any TimerTarget, token: UInt64)] = []
        var now = MonotonicTime.now()
        var quiet = true
        var sockets = SocketFactory()
    }

    private let inbox = Locked(Inbox())
    private let wakeUp = WakeUp()
    private let thread = Locked<OSThread?>(nil)
    private let identity = Atomic<UInt>(0)
    // Confined to the thread; `assertCurrent` guards every way in.
    nonisolated(unsafe) private let state = State()

    /// - Parameter name: of the thread, at most 15 bytes.
    package init(name: String = "rdrec-io") {
        let started = OSThread(name: name) { [unowned self] in run() }
        thread.withLock { $0 = started }
    }

    deinit {
        precondition(inbox.withLock { $0.closed }, "a SocketThread must be closed before it is released")
        wakeUp.close()
    }

    package var isCurrent: Bool { identity.load(ordering: .relaxed) == UInt(pthread_self()) }

    package func assertCurrent() { precondition(isCurrent, "this belongs to the socket thread") }

    /// Runs `body` on the thread: at once when called there, else after what was handed in before it.
    ///
    /// - Returns: false once the thread is closed; then `body` does not run, and whoever waits for it must be told otherwise.
    @discardableResult
    package func execute(_ body: @escaping @Sendable () -> Void) -> Bool {
        guard isCurrent else { return submit(.closure(body)) }
        body()
        return true
    }

    /// Runs `body` on the thread in a turn to come, also when called there.
    package func later(_ body: @escaping @Sendable () -> Void) { _ = submit(.closure(body)) }

    /// Ends a poll, so that the sources are looked at.
    package func wake() {
        guard !isCurrent else { return }
        let ring = inbox.withLock { inbox in
            inbox.woken = true
            defer { inbox.asleep = false }
            return inbox.asleep
        }
        if ring { wakeUp.ring() }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if !submit(.job(job)) {
            // A job that is dropped is a task that hangs for ever.
            globalConcurrentExecutor.enqueue(ExecutorJob(job))
        }
    }

    private func submit(_ work: Work) -> Bool {
        if isCurrent {
            state.ownWork.append(work)
            return true
        }
        enum Outcome { case refused, queued, ring }
        let outcome: Outcome = inbox.withLock { inbox in
            guard !inbox.closed else { return .refused }
            inbox.work.append(work)
            guard inbox.asleep else { return .queued }
            inbox.asleep = false
            return .ring
        }
        if outcome == .ring { wakeUp.ring() }
        return outcome != .refused
    }

    /// Ends the thread after its work at hand, and joins it. Sources must have been removed. Idempotent; not to be called on the thread.
    package func close() {
        precondition(!isCurrent, "a socket thread cannot join itself")
        let started = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let started else { return }
        inbox.withLock { $0.closing = true }
        wakeUp.ring()
        started.join()
    }

    // MARK: On the thread

    /// The time at which this turn began: what state machines are told.
    package var now: MonotonicTime { state.now }

    /// Whether every source was empty in this turn: only then does silence say anything about a peer.
    package var isQuiet: Bool { state.quiet }

    package func add(_ source: any LoopSource) {
        assertCurrent()
        state.sources.append(source)
        state.pollItemsValid = false
    }

    package func remove(_ source: any LoopSource) {
        assertCurrent()
        state.sources.removeAll { $0 === source }
        state.pollItemsValid = false
    }

    package func schedule(at due: MonotonicTime, _ target: any TimerTarget, token: UInt64 = 0) -> TimerID {
        assertCurrent()
        return state.timers.schedule(at: due, target, token: token)
    }

    package func cancel(_ timer: TimerID) {
        assertCurrent()
        state.timers.cancel(timer)
    }

    /// Makes the sockets of this thread.
    var sockets: SocketFactory {
        get {
            assertCurrent()
            return state.sockets
        }
        set { state.sockets = newValue }
    }

    /// Messages a source may handle before the others get their turn.
    private static let drainLimit = 256

    private func run() {
        identity.store(UInt(pthread_self()), ordering: .relaxed)
        while true {
            let closing = inbox.withLock { inbox in
                swap(&inbox.work, &state.work)
                inbox.asleep = false
                inbox.woken = false
                return inbox.closing
            }
            state.now = .now()
            var progress = runWork()
            state.quiet = true
            for source in state.sources {
                let handled = source.drain(limit: Self.drainLimit)
                if handled > 0 { progress = true }
                if handled >= Self.drainLimit { state.quiet = false }
            }
            if fireTimers() { progress = true }
            if closing {
                if !progress && finish() {
                    state.sockets.terminate()
                    // The system may give this thread's handle to the next one.
                    return identity.store(0, ordering: .relaxed)
                }
            } else if !progress && state.ownWork.isEmpty {
                sleep()
            }
        }
    }

    private func runWork() -> Bool {
        if !state.ownWork.isEmpty {
            state.work.append(contentsOf: state.ownWork)
            state.ownWork.removeAll(keepingCapacity: true)
        }
        guard !state.work.isEmpty else { return false }
        let executor = asUnownedTaskExecutor()
        for item in state.work {
            switch item {
            case .job(let job): job.runSynchronously(on: executor)
            case .closure(let body): body()
            }
        }
        state.work.removeAll(keepingCapacity: true)
        return true
    }

    private func fireTimers() -> Bool {
        state.timers.takeDue(now: state.now, into: &state.due)
        guard !state.due.isEmpty else { return false }
        for (target, token) in state.due { target.timerFired(token: token, now: state.now) }
        state.due.removeAll(keepingCapacity: true)
        return true
    }

    /// Whether the inbox is empty too, which closes it.
    private func finish() -> Bool {
        guard state.ownWork.isEmpty else { return false }
        return inbox.withLock { inbox in
            inbox.closed = inbox.work.isEmpty
            return inbox.closed
        }
    }

    private func sleep() {
        let maySleep = inbox.withLock { inbox in
            inbox.asleep = inbox.work.isEmpty && !inbox.woken && !inbox.closing
            return inbox.asleep
        }
        guard maySleep else { return }
        if !state.pollItemsValid { rebuildPollItems() }
        var timeout = -1
        if let wait = state.timers.timeToNext(from: state.now) { timeout = Int((wait.count + 999_999) / 1_000_000) }
        // EINTR ends the sleep like any event; sockets that are closed were removed before.
        _ = poll(&state.pollItems, nfds_t(state.pollItems.count), CInt(clamping: timeout))
        if state.pollItems[0].revents != 0 { wakeUp.clear() }
    }

    private func rebuildPollItems() {
        state.pollItems = [pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)]
        for source in state.sources {
            for descriptor in source.pollDescriptors {
                state.pollItems.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
            }
        }
        state.pollItemsValid = true
    }
}
