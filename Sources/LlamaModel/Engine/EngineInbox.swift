internal import Dispatch
internal import Locks

/// What other threads and the engine's thread tell each other: requests that wait, requests that are of no more use, how things stand.
final class EngineInbox: Sendable {
    typealias Continuation = AsyncThrowingStream<GenerationEvent, any Error>.Continuation

    private struct State {
        var queue = RequestQueue()
        var listeners: [UInt64: Continuation] = [:]
        /// Requests with a slot that nobody listens to any more.
        var abandoned: Set<UInt64> = []
        var nextID: UInt64 = 1
        var isAsleep = false
        var isClosing = false
        var load = GeneratorLoad()
        var stepSince: ContinuousClock.Instant?
    }

    private let state = Locked(State())
    private let wake = DispatchSemaphore(value: 0)
    private let limits: (requests: Int, tokens: Int)

    init(_ configuration: EngineConfiguration) { limits = (configuration.queuedRequests, configuration.queuedTokens) }

    // For any thread.

    /// Takes a request on and returns its events.
    func submit(_ request: Generation) throws(GenerationError) -> AsyncThrowingStream<GenerationEvent, any Error> {
        // As many events as the request has tokens: its own budget is the stream's bound.
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: GenerationEvent.self, throwing: (any Error).self)
        let limits = limits
        let (id, isAsleep) = try state.withLock { (state) throws(GenerationError) -> (UInt64, Bool) in
            if state.isClosing { throw .stopping }
            guard state.queue.count < limits.requests, state.queue.tokens + request.promptTokens <= limits.tokens || state.queue.isEmpty
            else {
                let retry = max(state.load.lastStep * 16, .milliseconds(100))
                throw .overloaded("\(state.queue.count) requests with \(state.queue.tokens) tokens are waiting", retryAfter: retry)
            }
            let id = state.nextID
            state.nextID += 1
            state.queue.append(RequestQueue.Waiting(id: id, request: request, since: .now))
            state.listeners[id] = continuation
            defer { state.isAsleep = false }
            return (id, state.isAsleep)
        }
        continuation.onTermination = { [weak self] _ in self?.abandon(id) }
        if isAsleep { wake.signal() }
        return stream
    }

    /// Nobody wants the request's events any more: it has ended, or its listener has gone.
    private func abandon(_ id: UInt64) {
        let isAsleep = state.withLock { state in
            guard state.listeners.removeValue(forKey: id) != nil else { return false }
            if state.queue.remove(where: { $0.id == id }).isEmpty { state.abandoned.insert(id) } else { state.load.failed += 1 }
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if isAsleep { wake.signal() }
    }

    /// Refuses what comes from now on; what waits or is written ends with `.stopping`.
    func close() {
        let isAsleep = state.withLock { state in
            state.isClosing = true
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if isAsleep { wake.signal() }
    }

    var load: GeneratorLoad {
        state.withLock { state in
            var load = state.load
            load.queued = state.queue.count
            load.oldestQueued = state.queue.oldest.map { .now - $0 }
            load.stalledFor = state.stepSince.map { .now - $0 } ?? .zero
            return load
        }
    }

    // For the engine's thread.

    /// What has changed since it was last asked: requests to give up, and whether to stop. Sleeps while there is nothing to do.
    func collect(isIdle: Bool) -> (abandoned: Set<UInt64>, isClosing: Bool) {
        while true {
            let news = state.withLock { state -> (Set<UInt64>, Bool)? in
                if isIdle, state.queue.isEmpty, state.abandoned.isEmpty, !state.isClosing {
                    state.isAsleep = true
                    return nil
                }
                defer { state.abandoned.removeAll() }
                return (state.abandoned, state.isClosing)
            }
            if let news { return news }
            wake.wait()
        }
    }

    /// Ends waiting requests whose deadline has passed.
    func expire(_ now: ContinuousClock.Instant) {
        let late = state.withLock { state in
            let late = state.queue.expire(now)
            state.load.failed += UInt64(late.count)
            return late.compactMap { state.listeners.removeValue(forKey: $0.id) }
        }
        for listener in late { listener.finish(throwing: GenerationError.deadlineExceeded) }
    }

    /// Gives out waiting requests in their order for as long as `admit` has room for them.
    func admit(bulkAllowed: () -> Bool, _ admit: (RequestQueue.Waiting) -> Bool) {
        while let waiting = state.withLock({ $0.queue.next(bulkAllowed: bulkAllowed()) }), admit(waiting) {
            state.withLock { state in
                guard !state.queue.remove(waiting) else { return }
                // Given up between the two: its slot is to be free again, and it is counted there.
                state.abandoned.insert(waiting.id)
                state.load.failed -= 1
            }
        }
    }

    /// All that waits, at the end.
    func takeQueue() -> [RequestQueue.Waiting] { state.withLock { $0.queue.remove { _ in true } } }

    /// Tells a request's listener something; a no-op when it has gone.
    func tell(_ id: UInt64, _ event: GenerationEvent) {
        _ = state.withLock { $0.listeners[id] }?.yield(event)
    }

    /// A request's end.
    func end(_ id: UInt64, _ outcome: Result<GenerationResult, GenerationError>) {
        let listener = state.withLock { state in
            switch outcome {
            case .success: state.load.finished += 1
            case .failure: state.load.failed += 1
            }
            return state.listeners.removeValue(forKey: id)
        }
        switch outcome {
        case .success(let result):
            listener?.yield(.finished(result))
            listener?.finish()
        case .failure(let error): listener?.finish(throwing: error)
        }
    }

    func updateLoad(_ body: (inout GeneratorLoad) -> Void) { state.withLock { body(&$0.load) } }

    /// Between the two a step is in work.
    func beginStep() { state.withLock { $0.stepSince = .now } }
    func endStep() {
        state.withLock { state in
            if let since = state.stepSince { state.load.lastStep = .now - since }
            state.load.steps += 1
            state.stepSince = nil
        }
    }
}
