import Foundation
import RPC
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(2))) struct JobsTests {
    private static func job(_ state: JobState, done: UInt64 = 4, total: UInt64 = 4, failed: UInt64 = 0, message: String = "") -> Job {
        Job(jobID: "job-1", kind: "distillation", state: state, done: done, total: total, message: message, failed: failed)
    }

    private static func event(_ job: Job) -> JobEvent { JobEvent(job: job, itemsPerSecond: 2, remainingSeconds: 3) }

    /// Runs a command against the jobs.
    private func run(_ jobs: FakeJobs, _ arguments: String...) async throws -> Finished {
        try await withOwnServer(register: jobs.register, schema: []) { _, endpoint in
            try await runCommand(arguments + ["--endpoint", endpoint]).quiet
        }
    }

    @Test func `A distillation is started, and its job named`() async throws {
        let jobs = FakeJobs()
        #expect(try await run(jobs, "distill", "--limit", "50", "--retry-failed") == Finished(output: ["job-1"], errors: [], status: 0))
        #expect(jobs.distillations == [StartDistillationRequest(limit: 50, retryFailed: true)] && jobs.watching == 0)
    }

    @Test func `A job that is followed to its end decides the status`() async throws {
        func follow(_ last: Job) async throws -> Finished {
            let watch = FakeJobs.Watch(events: [Self.event(Self.job(.running, done: 1)), Self.event(last)])
            return try await run(FakeJobs(watches: [watch]), "distill", "--follow")
        }
        #expect(try await follow(Self.job(.succeeded)) == Finished(output: ["job-1", "job-1 SUCCEEDED: 4 of 4"], errors: [], status: 0))
        let some = try await follow(Self.job(.succeeded, total: 4_000, failed: 1_500))
        #expect(some.output.last == "job-1 SUCCEEDED: 4 of 4,000, 1,500 failed")
        #expect(some.errors == ["error: 1,500 of job job-1 have failed"] && some.status == 1)
        let failed = try await follow(Self.job(.failed, done: 2, message: "no \u{7}teacher"))
        #expect(failed.output.last == #"job-1 FAILED: 2 of 4; no \u{7}teacher"# && failed.errors == ["error: job job-1 is FAILED"])
        #expect(failed.status == 1)
        #expect(try await follow(Self.job(.cancelled, done: 2)).errors == ["error: job job-1 is CANCELLED"])
    }

    @Test func `A call that breaks off is made again`() async throws {
        let running = [Self.event(Self.job(.running, done: 1))]
        let jobs = FakeJobs(watches: [
            .init(events: running, end: .failure(RPCError(.unavailable, "restarting"))), .init(events: []), .init(events: running),
            .init(events: [Self.event(Self.job(.succeeded))]),
        ])
        let finished = try await run(jobs, "jobs", "watch", "job-1")
        #expect(finished.status == 0 && finished.output == ["job-1 SUCCEEDED: 4 of 4"] && jobs.watching == 4)
        #expect(finished.errors.first == "note: UNAVAILABLE: restarting: trying again for 60.0 seconds")
    }

    @Test func `A restarted server finds its watcher again`() async throws {
        let first = FakeJobs(watches: [.init(events: [Self.event(Self.job(.running, done: 1))], end: .never)])
        let second = FakeJobs(watches: [.init(events: [Self.event(Self.job(.succeeded))])])
        try await withTemporaryFolder { folder in
            let endpoint = "ipc://\(folder)/own"
            let child = try await withOwnServer(at: endpoint, drainBudget: .zero, register: first.register) { _ in
                let child = try Child("rdrec", ["distill", "--follow", "--endpoint", endpoint])
                while first.watching == 0 { try await Task.sleep(for: .milliseconds(10)) }
                return child
            }
            try await withOwnServer(at: endpoint, register: second.register) { _ in
                let finished = await child.ended()
                #expect(finished.status == 0 && finished.output == ["job-1", "job-1 SUCCEEDED: 4 of 4"], "\(finished)")
            }
        }
    }

    @Test func `Patience has an end, and an unknown job has none`() async throws {
        let broken = FakeJobs.Watch(events: [], end: .failure(RPCError(.unavailable, "gone")))
        let gone = FakeJobs(watches: [.init(events: [Self.event(Self.job(.running))])] + Array(repeating: broken, count: 50))
        let finished = try await run(gone, "jobs", "watch", "job-1", "--patience", "0.3")
        #expect(finished.status == 24 && finished.output.isEmpty && finished.errors.count == 2, "\(finished)")
        let unknown = try await run(FakeJobs(), "jobs", "watch", "job-9")
        #expect(unknown == Finished(output: [], errors: ["error: NOT_FOUND: there is no job job-9"], status: 15))
    }

    @Test func `Ctrl-C ends the watching, and says that the job goes on`() async throws {
        let jobs = FakeJobs(watches: [.init(events: [Self.event(Self.job(.running))], end: .never)])
        try await withOwnServer(register: jobs.register, schema: []) { _, endpoint in
            let child = try Child("rdrec", ["distill", "--follow", "--endpoint", endpoint])
            while jobs.watching == 0 { try await Task.sleep(for: .milliseconds(10)) }
            child.signal(SIGINT)
            let note = "note: job job-1 goes on: rdrec jobs watch job-1 shows it again, rdrec jobs cancel job-1 ends it"
            #expect(await child.ended() == Finished(output: ["job-1"], errors: [note], status: 130))
        }
        #expect(jobs.cancelled.isEmpty)
    }

    @Test func `Jobs are a table`() async throws {
        var training = Job(jobID: "job-12", kind: "training", state: .running, done: 1_000, total: 20_000, startedAtMs: 1_709_209_859_000)
        training.message = "waits\u{7}"
        training.modelVersion = "0003"
        training.metrics = [
            Metric(name: "loss/sequential", value: 4.21, step: 3), Metric(name: "validation/hr@10", value: 0.1, step: 1),
            Metric(name: "validation/ndcg@10", value: 0.05126, step: 1),
        ]
        let jobs = FakeJobs([Self.job(.succeeded, failed: 1), training])
        #expect(
            try await run(jobs, "jobs").output == [
                "JOB     KIND          STATE       DONE   TOTAL  FAILED  STARTED              FINISHED  MODEL  "
                    + "FIGURES                                  MESSAGE",
                "job-1   distillation  SUCCEEDED      4       4       1  -                    -         -      -",
                "job-12  training      RUNNING    1,000  20,000       0  2024-02-29 12:30:59  -         0003   "
                    + #"validation HR@10 0.1000, NDCG@10 0.0513  waits\u{7}"#,
            ])
        let json = try await run(jobs, "jobs", "list", "--json")
        #expect(try json.output.count == 2 && value("jobId", of: json.output.last) == "job-12")
    }

    @Test func `A job that is watched can be printed as JSON`() async throws {
        let events = [Self.event(Self.job(.running, done: 1)), Self.event(Self.job(.succeeded))]
        let watched = try await run(FakeJobs(watches: [.init(events: events)]), "jobs", "watch", "job-1", "--json")
        #expect(try watched.status == 0 && watched.output.count == 1 && value("state", of: watched.output.first) == "JOB_STATE_SUCCEEDED")
    }

    @Test func `A job is cancelled by its id`() async throws {
        let jobs = FakeJobs()
        #expect(try await run(jobs, "jobs", "cancel", "job-7") == Finished(output: ["job-7 CANCELLED: 5 of 9"], errors: [], status: 0))
        #expect(jobs.cancelled == ["job-7"])
    }

    @Test(arguments: [
        ["distill", "--limit", "-1"], ["distill", "--patience", "-1"], ["jobs", "watch"], ["jobs", "cancel"],
        ["jobs", "watch", "a", "--patience", "inf"],
    ]) func `Wrong arguments exit with 64`(_ arguments: [String]) async throws {
        #expect(try await runCommand(arguments).status == 64)
    }
}
