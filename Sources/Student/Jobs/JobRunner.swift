internal import Locks
package import Logging
internal import RPC
internal import ServiceLifecycle
package import Store
internal import Transport

/// Runs the jobs of the store: those that an earlier process left, then new ones as they come; of each kind one at a time, in order. A job that
/// the process ends under stays as it is, and the next process goes on with it.
package actor JobRunner: Service {
    private let store: any Store
    private let works: [JobKind: any JobWork]
    private let metrics: StudentMetrics
    private let logger: Logger

    private var waiting: [JobKind: [JobNumber]] = [:]
    private var running: [JobKind: (number: JobNumber, task: Task<Void, Never>)] = [:]
    private var cancelled: Set<JobNumber> = []
    private var latest: [JobNumber: JobRecord] = [:]
    private var watchers: [JobNumber: [Int: AsyncStream<JobRecord>.Continuation]] = [:]
    private var watcherCount = 0
    private var isStopping = false

    package init(_ store: any Store, works: [JobKind: any JobWork], metrics: StudentMetrics, logger: Logger) {
        self.store = store
        self.works = works
        self.metrics = metrics
        self.logger = logger
    }

    /// Until the surrounding `ServiceGroup` shuts down; then what runs is stopped where it is.
    package func run() async throws {
        for job in try await store.unfinishedJobs() { enqueue(job) }
        try? await gracefulShutdown()
        await stop()
    }

    /// Stops what runs where it is, and tells watchers. Idempotent.
    package func stop() async {
        isStopping = true
        let tasks = running.values.map(\.task)
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        for continuations in watchers.values { for continuation in continuations.values { continuation.finish() } }
        watchers = [:]
    }

    // MARK: From outside

    /// - Throws: `RPCError` for a request that cannot be.
    package func start(_ kind: JobKind, request: [UInt8]) async throws -> JobRecord {
        guard let work = works[kind] else { throw RPCError(.unimplemented, "this studentd does no \(kind.rawValue)") }
        guard !isStopping else { throw RPCError(.unavailable, "the server shuts down") }
        try work.check(request)
        let job = try await store.addJob(kind: kind, request: request)
        enqueue(job)
        return latest[job.number] ?? job
    }

    /// As it stands now, which the store may know a moment later.
    package func job(_ number: JobNumber) async throws -> JobRecord {
        if let job = latest[number] { return job }
        return try await store.job(number)
    }

    package func cancel(_ number: JobNumber) async throws -> JobRecord {
        let job = try await store.update(number, JobChange(requestsCancel: true))
        guard !job.phase.isFinished else { return job }
        cancelled.insert(number)
        if let (current, task) = running[job.kind], current == number {
            task.cancel()
            await task.value
        } else {
            waiting[job.kind]?.removeAll { $0 == number }
            await finish(number, .cancelled, "cancelled before it began")
        }
        return try await store.job(number)
    }

    /// The job now, then each time it has changed (the newest, where they come faster than they are read), until it has ended or the
    /// process does.
    package func watch(_ number: JobNumber) async throws -> AsyncStream<JobRecord> {
        let job = try await job(number)
        let (stream, continuation) = AsyncStream.makeStream(of: JobRecord.self, bufferingPolicy: .bufferingNewest(1))
        continuation.yield(job)
        guard !job.phase.isFinished, !isStopping else {
            continuation.finish()
            return stream
        }
        watcherCount += 1
        let id = watcherCount
        watchers[number, default: [:]][id] = continuation
        continuation.onTermination = { _ in Task { await self.forget(number, id) } }
        // What has changed while the store was asked.
        if let now = latest[number] { tell(now) }
        return stream
    }

    private func forget(_ number: JobNumber, _ id: Int) {
        watchers[number]?[id] = nil
        if watchers[number]?.isEmpty == true { watchers[number] = nil }
    }

    // MARK: One after the other

    private func enqueue(_ job: JobRecord) {
        waiting[job.kind, default: []].append(job.number)
        startNext(job.kind)
    }

    private func startNext(_ kind: JobKind) {
        guard !isStopping, running[kind] == nil, let number = waiting[kind]?.first else { return }
        waiting[kind]?.removeFirst()
        metrics.running(kind, 1)
        running[kind] = (number, Task { await self.run(number, kind) })
    }

    private func run(_ number: JobNumber, _ kind: JobKind) async {
        do {
            let before = try await store.job(number)
            if before.isCancelRequested { throw CancellationError() }
            guard let work = works[kind] else { throw JobFailure("this studentd does no \(kind.rawValue)") }
            let job = try await store.update(number, JobChange(phase: .running, message: ""))
            tell(job)
            logger.notice("job begins", metadata: ["job.id": "\(job.publicID)", "job.done": "\(job.done)"])
            try await goOn(job, work)
            await finish(number, .succeeded, "")
        } catch {
            await ended(number, by: error)
        }
        running[kind] = nil
        metrics.running(kind, 0)
        startNext(kind)
    }

    /// A disk without room is waited for: what the job has done is on it.
    private func goOn(_ job: JobRecord, _ work: any JobWork) async throws {
        var job = job
        while true {
            do {
                return try await work.run(job, JobReport(store, job.number) { await self.tell($0) })
            } catch let error as StoreError where error.code == .full {
                job.message = error.message
                tell(job)
                logger.error("a job waits for room", metadata: ["job.id": "\(job.publicID)", "error": "\(error)"])
                try await Task.sleep(for: Self.restWithoutRoom)
                job = try await store.job(job.number)
            }
        }
    }

    private static let restWithoutRoom = Duration.seconds(1)

    private func ended(_ number: JobNumber, by error: any Error) async {
        if cancelled.contains(number) || (error is CancellationError && !isStopping) {
            await finish(number, .cancelled, "cancelled")
        } else if !isStopping {
            logger.error("job has failed", metadata: ["job.number": "\(number.rawValue)", "error": "\(error)"])
            await finish(number, .failed, "\(error)")
        }
    }

    /// A store that has no room yet, or fails otherwise, must not lose the end of a job: it is tried again while the process lives; and after
    /// that the next one does the rest of the job, which is nothing.
    private func finish(_ number: JobNumber, _ phase: JobPhase, _ message: String) async {
        while true {
            do {
                let job = try await store.update(number, JobChange(phase: phase, message: message))
                logger.notice("job has ended", metadata: ["job.id": "\(job.publicID)", "job.phase": "\(phase)", "job.done": "\(job.done)"])
                tell(job)
                latest[number] = nil
                cancelled.remove(number)
                return
            } catch {
                logger.error("the end of a job cannot be stored", metadata: ["error": "\(error)"])
                guard error.code == .full || error.code == .io, !isStopping else { return }
                // Not cancelled with the job's task.
                await Task { try? await Task.sleep(for: Self.restWithoutRoom) }.value
            }
        }
    }

    private func tell(_ job: JobRecord) {
        latest[job.number] = job.phase.isFinished ? nil : job
        for continuation in watchers[job.number, default: [:]].values {
            continuation.yield(job)
            if job.phase.isFinished { continuation.finish() }
        }
        if job.phase.isFinished { watchers[job.number] = nil }
    }
}
