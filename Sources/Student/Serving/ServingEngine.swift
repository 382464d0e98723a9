internal import Dispatch
internal import Locks
package import Logging
internal import RPC
package import T5Model
package import Transport

/// Answers from the active version: one thread ranks and another writes, so that texts, which take long, never delay rankings. Safe from any task.
///
/// Requests wait in bounded queues and are answered in batches. Each goes to the version that it was made for, also where another has become
/// active since. Whoever cancels, or whose deadline passes, leaves the queue at once; a text that nobody waits for any more is not written on.
package final class ServingEngine: Sendable {
    typealias RankingJob = ServingJob<RankingRequest, [ScoredItem]>
    typealias WritingJob = ServingJob<[ExplanationRequest], [WrittenExplanation]>

    private let active = Locked<ServingVersion?>(nil)
    private let rankings: BatchThread<RankingJob>
    private let texts: BatchThread<WritingJob>

    /// That a refused caller is asked to wait.
    private static let rest = Duration.milliseconds(100)
    private static let stopping = RPCError.tryLater(.unavailable, "the server shuts down", retryAfter: .seconds(1))

    package init(_ options: ServingOptions = ServingOptions(), metrics: StudentMetrics, logger: Logger) {
        let failures = FailureLog(metrics: metrics, logger: logger)
        rankings = BatchThread(
            name: "rdrec-rank",
            BatchThread.Limits(queued: options.mostQueued, batch: options.batch, delay: options.batchDelay),
            depth: { metrics.queued(.ranking, $0) }, serve: { Self.rank($0, metrics, failures) })
        texts = BatchThread(
            name: "rdrec-write", BatchThread.Limits(queued: options.mostQueuedTexts, batch: options.textBatch, delay: .zero),
            depth: { metrics.queued(.text, $0) }, serve: { Self.write($0, metrics, failures) })
    }

    /// What answers requests that are made now; nil before the first.
    package var version: ServingVersion? { active.withLock { $0 } }

    /// From now on.
    package func serve(_ version: ServingVersion) { active.withLock { $0 = version } }

    /// Ends both threads after the batches that they have. Blocks.
    package func stop() {
        rankings.stop(failing: Self.stopping)
        texts.stop(failing: Self.stopping)
    }

    // MARK: Requests

    /// Best first.
    /// - Throws: `ModelFailure`; `RPCError` RESOURCE_EXHAUSTED where too many wait, DEADLINE_EXCEEDED, UNAVAILABLE at the end;
    ///   `CancellationError`.
    package func rank(
        _ request: RankingRequest, by version: ServingVersion, deadline: MonotonicTime?
    ) async throws -> [ScoredItem] {
        try await answer(RankingJob(request, weight: 1, for: version, deadline: deadline), rankings)
    }

    /// The texts of each request.
    /// - Throws: as `rank`.
    package func write(
        _ requests: [ExplanationRequest], by version: ServingVersion, deadline: MonotonicTime?
    ) async throws -> [WrittenExplanation] {
        try await answer(WritingJob(requests, weight: requests.count, for: version, deadline: deadline), texts)
    }

    private func answer<Request, Answer>(
        _ job: ServingJob<Request, Answer>, _ thread: BatchThread<ServingJob<Request, Answer>>
    ) async throws -> Answer {
        try await withTaskCancellationHandler {
            try await job.answer {
                switch thread.submit(job) {
                case .full:
                    job.fail(RPCError.tryLater(.resourceExhausted, "too many requests wait for the model", retryAfter: Self.rest))
                case .stopping: job.fail(Self.stopping)
                case nil: break
                }
            }
        } onCancel: {
            job.fail(CancellationError())
            thread.forget(job)
        }
    }

    // MARK: On the threads

    private static func rank(_ jobs: [RankingJob], _ metrics: StudentMetrics, _ failures: FailureLog) {
        let begin = MonotonicTime.now()
        // Of one version, by `belongs`.
        let version = jobs[0].version
        do {
            let answers = try version.ranker.value.best(jobs.map(\.request))
            guard answers.count == jobs.count,
                answers.allSatisfy({ $0.allSatisfy { version.catalogue.has($0.item) && $0.score.isFinite } })
            else { throw ModelFailure("its rankings have the wrong number or items that it does not know") }
            for (job, answer) in zip(jobs, answers) { job.finish(.success(answer)) }
            metrics.ranked(jobs.count, (MonotonicTime.now() - begin).duration)
        } catch {
            // One request that a model cannot bear must not cost the others their answers.
            if jobs.count > 1 { return jobs.forEach { rank([$0], metrics, failures) } }
            failures.tell(error, of: version)
            jobs[0].fail(ModelFailure("\(error)"))
        }
    }

    private static func write(_ jobs: [WritingJob], _ metrics: StudentMetrics, _ failures: FailureLog) {
        let begin = MonotonicTime.now(), version = jobs[0].version, requests = jobs.flatMap(\.request)
        do {
            guard let texts = try version.writer.value.write(requests, shouldStop: { jobs.allSatisfy(\.isOver) }) else {
                return jobs.forEach { $0.fail(CancellationError()) }
            }
            guard texts.count == requests.count else { throw ModelFailure("it wrote \(texts.count) texts for \(requests.count) requests") }
            var rest = texts[...]
            for job in jobs {
                job.finish(.success(Array(rest.prefix(job.weight))))
                rest = rest.dropFirst(job.weight)
            }
            metrics.wrote(requests.count, (MonotonicTime.now() - begin).duration)
        } catch {
            if jobs.count > 1 { return jobs.forEach { write([$0], metrics, failures) } }
            failures.tell(error, of: version)
            jobs[0].fail(ModelFailure("\(error)"))
        }
    }
}

/// Counts what models fail at, and says the first of each version in the log: the same a thousand times a second would tell nobody more.
private final class FailureLog: Sendable {
    private let metrics: StudentMetrics
    private let logger: Logger
    private let told = Locked<Set<String>>([])

    init(metrics: StudentMetrics, logger: Logger) {
        self.metrics = metrics
        self.logger = logger
    }

    func tell(_ error: any Error, of version: ServingVersion) {
        metrics.modelFailed()
        guard told.withLock({ $0.insert(version.version).inserted }) else { return }
        logger.error(
            "the model has failed on a request: further ones are counted only",
            metadata: ["model.version": "\(version.version)", "error": "\(error)"])
    }
}
