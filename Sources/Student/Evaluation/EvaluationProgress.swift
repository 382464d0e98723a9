internal import Locks
internal import Store

/// How far an evaluation is, told as it goes.
final class EvaluationProgress: Sendable {
    private let report: JobReport
    private let total: Int
    private let done = Locked(0)

    init(_ report: JobReport, total: Int) {
        self.report = report
        self.total = total
    }

    /// - Throws: `CancellationError` where the task is cancelled: behind the last batch too nothing more is written then.
    func advance(_ users: Int) async throws {
        let now = done.withLock { done in
            done = min(total, done + users)
            return done
        }
        try await report.update(JobChange(done: now, total: total))
        try Task.checkCancellation()
    }

    /// All, where less was to do than was thought.
    func finish() async throws {
        try await report.update(JobChange(done: total, total: total))
        await report.note("")
    }
}
