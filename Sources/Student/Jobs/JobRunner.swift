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
    /// Those that wait or run: a job is told of by whoever adds it, and by the store at the start.
    private var known: Set<JobNumber> = []
    /// Calls that add a job just now.
    private var adding = 0
    private var cancelled: Set<JobNumber> = []
    private var latest: [JobNumber: JobRecord] = [:]
    private var watchers: [JobNumber: [Int: AsyncStream<JobRecord>.Continuation]] = [:]
    private var watcherCount = 0
    private var isStopping = false

    /// Unfinished jobs, whoever asks for more comes again later: nothing else keeps a client from filling the disk with them.
    package static let mostUnfinished = 100

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
        try await work.check(request)
        guard !isStopping else { throw RPCError(.unavailable, "the server shuts down") }
        guard known.count + adding < Self.mostUnfinished else {
            throw RPCError.tryLater(
                .resourceExhausted, "\(Self.mostUnfinished) jobs wait or run: wait for some, or cancel them (rdrec jobs)",
                retryAfter: .seconds(5))
        }
        adding += 1
        defer { adding -= 1 }
        let job = try await store.addJob(kind: kind, request: request)
        enqueue(job)
        return latest[job.number] ?? job
    }

    private static let mostWatchers = 256

    /// As it stands now, which the store may know a moment later.
    package func job(_ number: JobNumber) async throws -> JobRecord {
        if let job = latest[number] { return job }
        return try await store.job(number)
    }

    /// Of a client's id, which is exactly one job's: its kind counts as well as its number.
    /// - Throws: NOT_FOUND for what no job is called.
    package func job(publicID: String) async throws -> JobRecord {
        let none = RPCError(.notFound, "there is no job \(publicID): rdrec jobs lists them")
        guard let number = JobNumber(publicID: publicID) else { throw none }
        let found: JobRecord
        do { found = try await job(number) } catch let error as StoreError where error.code == .notFound { throw none }
        guard found.publicID == publicID else { throw none }
        return found
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
            known.remove(number)
            await finish(number, .cancelled, "cancelled before it began")
        }
        return try await store.job(number)
    }

    /// The job now, then each time it has changed (the newest, where they come faster than they are read), until it has ended or the
    /// process does.
    package func watch(_ number: JobNumber) async throws -> AsyncStream<JobRecord> {
        // Each is a call that is open, and others must find handlers too.
        guard watchers.values.reduce(0, { $0 + $1.count }) < Self.mostWatchers else {
            throw RPCError.tryLater(.resourceExhausted, "\(Self.mostWatchers) watch jobs already", retryAfter: .seconds(5))
        }
        let (stream, continuation) = AsyncStream.makeStream(of: JobRecord.self, bufferingPolicy: .bufferingNewest(1))
        watcherCount += 1
        let id = watcherCount
        // Before the store is asked: the end of a job is told once.
        watchers[number, default: [:]][id] = continuation
        continuation.onTermination = { _ in Task { await self.forget(number, id) } }
        do {
            let job = try await job(number)
            // What was told meanwhile is newer; if that was the end, this changes nothing any more.
            continuation.yield(latest[number] ?? job)
            if job.phase.isFinished || isStopping { continuation.finish() }
        } catch {
            continuation.finish()
            throw error
        }
        return stream
    }

    private func forget(_ number: JobNumber, _ id: Int) {
        watchers[number]?[id] = nil
        if watchers[number]?.isEmpty == true { watchers[number] = nil }
    }

    // MARK: One after the other

    private func enqueue(_ job: JobRecord) {
        guard known.insert(job.number).inserted else { return }
        waiting[job.kind, default: []].append(job.number)
        startNext(job.kind)
    }

    private func startNext(_ kind: JobKind) {
        guard !isStopping, running[kind] == nil, let number = waiting[kind]?.first else { return }
        waiting[kind]?.removeFirst()
        metrics.running(kind, 1)
        // Detached: a job outlives the call that starts it, whose deadline would be that of all calls that the job makes.
        running[kind] = (number, Task.detached { await self.run(number, kind) })
    }

    private func run(_ number: JobNumber, _ kind: JobKind) async {
        do {
            if let message = try await goOn(number, kind) { await finish(number, .succeeded, message) }
        } catch {
            await ended(number, by: error)
        }
        known.remove(number)
        running[kind] = nil
        metrics.running(kind, 0)
        startNext(kind)
    }

    /// A disk without room is waited for, at the job's begin as later: what the job has done is on it.
    /// - Returns: what it has come to; nil where it had ended before.
    private func goOn(_ number: JobNumber, _ kind: JobKind) async throws -> String? {
        while true {
            var told: JobRecord?
            do {
                let before = try await store.job(number)
                told = before
                // By the time that the store has told of it at the start.
                if before.phase.isFinished { return nil }
                if before.isCancelRequested { throw CancellationError() }
                guard let work = works[kind] else { throw JobFailure("this studentd does no \(kind.rawValue)") }
                let job = try await store.update(number, JobChange(phase: .running, message: ""))
                told = job
                tell(job)
                logger.notice("job begins", metadata: ["job.id": "\(job.publicID)", "job.done": "\(job.done)"])
                let report = JobReport(store, number) { await self.tell($0) }
                try await work.run(job, report)
                return report.conclusion
            } catch let error where FullDisk.isReason(of: error) {
                logger.error("a job waits for room", metadata: ["job.number": "\(number.rawValue)", "error": "\(error)"])
                if var job = latest[number] ?? told {
                    job.message = ((error as? StoreError)?.message ?? "\(error)").asJobMessage
                    tell(job)
                }
                try await Task.sleep(for: Self.restWithoutRoom)
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
                let job = try await store.update(number, JobChange(phase: phase, message: message.asJobMessage))
                logger.notice("job has ended", metadata: ["job.id": "\(job.publicID)", "job.phase": "\(phase)", "job.done": "\(job.done)"])
                tell(job)
                cancelled.remove(number)
                return
            } catch {
                logger.error("the end of a job cannot be stored", metadata: ["error": "\(error)"])
                guard error.code == .full || error.code == .io, !isStopping else { return abandon(number) }
                // Not cancelled with the job's task.
                await Task { try? await Task.sleep(for: Self.restWithoutRoom) }.value
            }
        }
    }

    /// Its end will never be told: nobody may wait for it, and what was known of it is the store's to tell.
    private func abandon(_ number: JobNumber) {
        latest[number] = nil
        cancelled.remove(number)
        for continuation in (watchers.removeValue(forKey: number) ?? [:]).values { continuation.finish() }
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
