internal import Locks
package import Logging
internal import RPC
package import Store
internal import Transport
internal import Wire

/// The distillation job: has one or several teachers write a rationale of each training review that lacks one of theirs, and stores what they
/// write as it comes.
///
/// What is stored is never asked for again, so that a restart goes on where the process before ended. A review that a teacher fails on for a
/// passing reason is asked for three times at most; what failed for good is kept with its reason and left out of later jobs, unless they are
/// told to try it again. While no teacher can be reached the job waits, and says so.
package struct DistillationWork: JobWork {
    package struct Options: Sendable {
        /// Reviews that are at one teacher at a time.
        package var inFlight: Int
        /// Without an answer, while reviews are at a teacher, after which its call is given up: a teacher that hangs must not hold them for ever.
        package var silence: Duration

        package init(inFlight: Int, silence: Duration = .seconds(300)) {
            self.inFlight = inFlight
            self.silence = silence
        }
    }

    private let store: any Store
    private let teachers: [TeacherConnection]
    private let options: Options
    private let metrics: StudentMetrics
    private let logger: Logger

    package init(_ store: any Store, teachers: [TeacherConnection], _ options: Options, metrics: StudentMetrics, logger: Logger) {
        self.store = store
        self.teachers = teachers
        self.options = options
        self.metrics = metrics
        self.logger = logger
    }

    package func check(_ request: [UInt8]) throws {
        guard !teachers.isEmpty else {
            throw RPCError(.failedPrecondition, "this studentd knows no teacher: start it with --teacher ENDPOINT")
        }
    }

    package func run(_ job: JobRecord, _ report: JobReport) async throws {
        let request = try StartDistillationRequest(decoding: job.request)
        guard !teachers.isEmpty else { throw JobFailure("this studentd knows no teacher: start it with --teacher ENDPOINT") }
        let identity = try await identity(report)
        let number = try await store.teacher(identity)
        // One that goes on keeps its split: what was training when it began may be told by then.
        let split = if let version = job.split { try await store.split(version) } else { try await store.freshSplit(pinnedBy: job.number) }
        let view = store.training(split), failedBefore = request.retryFailed ? job.createdAt : 0
        let pending = try await view.countToDistil(teacher: number, failedBefore: failedBefore)
        let limit = request.limit == 0 ? Int.max : max(0, Int(request.limit) - job.done)
        let toDo = min(pending, limit)
        await report.note("")
        try await report.update(JobChange(split: split.version, total: job.done + toDo))
        let run = DistillationRun(
            store, view,
            DistillationRun.Assignment(teacher: number, identity: identity, job: job.number, failedBefore: failedBefore, limit: toDo),
            report, inFlight: options.inFlight, metrics: metrics)
        defer { metrics.connected(teachers: 0) }
        let connected = Locked(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (stream, teacher) in teachers.enumerated() {
                group.addTask {
                    try await TeacherStream(
                        connection: teacher, identity: identity, shared: run, stream: stream, silence: options.silence, report: report,
                        logger: logger
                    ) { isConnected in
                        let count = connected.withLock { count in
                            count += isConnected ? 1 : -1
                            return count
                        }
                        metrics.connected(teachers: count)
                    }.run()
                }
            }
            group.addTask { try await run.storeOutcomes() }
            group.addTask { try await run.wakeNowAndThen() }
            // Whoever fails ends all. A teacher that cannot be reached must not keep the others' work from being done.
            while await !run.isFinished { try await group.next() }
            group.cancelAll()
        }
    }

    /// That of the first teacher who answers.
    private func identity(_ report: JobReport) async throws -> TeacherIdentity {
        var backoff = Backoff(), failures = 0
        backoff.maximum = .seconds(5)
        while true {
            var reasons: [String] = []
            for teacher in teachers {
                do { return try await teacher.identity() } catch let error as RPCError { reasons.append("\(teacher.name): \(error)") }
            }
            try Task.checkCancellation()
            if failures == 0 { logger.warning("no teacher answers", metadata: ["reasons": "\(reasons)"]) }
            await report.note("waiting for a teacher: \(reasons.joined(separator: "; "))")
            try await Task.sleep(for: backoff.wait(attempt: failures, random: .random(in: 0..<1)).duration)
            failures += 1
        }
    }
}
