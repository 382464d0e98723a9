internal import Locks
internal import RPC
internal import Transport

/// A request on its way through a `BatchThread`, with the task that waits for the answer. It is answered once; what comes later goes nowhere.
final class ServingJob<Request: Sendable, Answer: Sendable>: BatchJob {
    let version: ServingVersion
    let request: Request
    let weight: Int
    let since = MonotonicTime.now()
    private let deadline: MonotonicTime?

    private enum State {
        case new
        case waited(CheckedContinuation<Answer, any Error>)
        case over((any Error)?)
    }

    private let state = Locked(State.new)

    init(_ request: Request, weight: Int, for version: ServingVersion, deadline: MonotonicTime?) {
        self.request = request
        self.weight = weight
        self.version = version
        self.deadline = deadline
    }

    func belongs(with other: ServingJob) -> Bool { version === other.version }

    /// Whether an answer is of no more use.
    var isOver: Bool {
        if state.withLock({ if case .over = $0 { true } else { false } }) { return true }
        guard let deadline, deadline <= .now() else { return false }
        fail(RPCError(.deadlineExceeded, "the deadline passed before a model had answered"))
        return true
    }

    /// Waits for the answer.
    /// - Parameter begin: has the job queued; may answer it.
    func answer(_ begin: () -> Void) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let error = state.withLock { state -> (any Error)? in
                if case .over(let error) = state { return error }
                state = .waited(continuation)
                return nil
            }
            if let error { continuation.resume(throwing: error) } else { begin() }
        }
    }

    func finish(_ result: Result<Answer, any Error>) {
        let continuation = state.withLock { state -> CheckedContinuation<Answer, any Error>? in
            defer {
                if case .over = state {} else if case .failure(let error) = result { state = .over(error) } else { state = .over(nil) }
            }
            if case .waited(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume(with: result)
    }

    func fail(_ error: any Error) { finish(.failure(error)) }
}
