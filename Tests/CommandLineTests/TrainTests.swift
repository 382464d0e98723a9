import Foundation
import RPC
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(2))) struct TrainTests {
    private static func job(_ state: JobState, done: UInt64 = 30, version: String = "") -> Job {
        Job(jobID: "job-1", kind: "training", state: state, done: done, total: 30, modelVersion: version)
    }

    /// An event in which an epoch ends.
    private static func epoch(_ number: UInt64, done: UInt64, loss: Double, hits: Double) -> JobEvent {
        let metrics = [
            Metric(name: "loss/sequential", value: loss, step: done), Metric(name: "validation/loss", value: loss + 0.5, step: number),
            Metric(name: "validation/hr@10", value: hits, step: number), Metric(name: "validation/ndcg@10", value: hits / 2, step: number),
        ]
        return JobEvent(job: job(.running, done: done), metrics: metrics, remainingSeconds: 60)
    }

    private static let epochs = [epoch(1, done: 10, loss: 5, hits: 0.08), epoch(2, done: 20, loss: 4.25, hits: 0.09)]
    private static var finished: JobEvent {
        var last = job(.succeeded, version: "0003")
        last.metrics = epochs[1].metrics
        return JobEvent(job: last)
    }

    private static let lines = [
        "epoch 1: loss 5.000, validation loss 5.500, HR@10 0.0800, NDCG@10 0.0400",
        "epoch 2: loss 4.250, validation loss 4.750, HR@10 0.0900, NDCG@10 0.0450",
    ]
    private static let end = "job-1 SUCCEEDED: 30 of 30, model 0003, validation HR@10 0.0900, NDCG@10 0.0450"

    private func run(_ jobs: FakeJobs, models: ListModelsResponse = .some, _ arguments: String...) async throws -> Finished {
        try await withOwnServer(
            register: {
                jobs.register(in: &$0)
                FakeModels(list: models).register(in: &$0)
            }, schema: []
        ) { _, endpoint in try await runCommand(["train", "--endpoint", endpoint] + arguments).quiet }
    }

    @Test func `A training is watched to its end, epoch by epoch`() async throws {
        let jobs = FakeJobs(watches: [.init(events: Self.epochs + [Self.finished])])
        let finished = try await run(jobs)
        #expect(finished == Finished(output: ["job-1", Self.end], errors: Self.lines, status: 0))
        #expect(jobs.trainings == [StartTrainingRequest()])
    }

    @Test func `The request has what the options say`() async throws {
        let jobs = FakeJobs()
        let finished = try await run(
            jobs, "--preset", "small", "--epochs", "3", "--seed", "18446744073709551615", "--without-rationales", "--follow", "--from",
            "0002",
            "--mixture", "1:2:0:1", "--indexing", "digits-random", "--patience", "4", "--tokens-per-step", "8192", "--activate",
            "if-better",
            "--detach")
        #expect(finished == Finished(output: ["job-1"], errors: [], status: 0))
        let asked = StartTrainingRequest(
            preset: "small", maxEpochs: 3, seed: .max, withoutRationales: true, followDistillation: true, initialCheckpoint: "0002",
            mixture: "1:2:0:1", indexing: "digits-random", patience: 4, tokensPerStep: 8_192, activation: .ifBetter)
        #expect(jobs.trainings == [asked] && jobs.watching == 0)
        for (option, message) in [("never", Activation.never), ("always", .always), ("auto", .unspecified)] {
            let jobs = FakeJobs()
            _ = try await run(jobs, "--activate", option, "--detach", "--from", "models/t5")
            #expect(jobs.trainings.first?.activation == message)
            #expect(jobs.trainings.first?.initialCheckpoint == FileManager.default.currentDirectoryPath + "/models/t5")
        }
    }

    @Test func `JSON is the job, as it has ended or as it begins`() async throws {
        let ended = try await run(FakeJobs(watches: [.init(events: Self.epochs + [Self.finished])]), "--json")
        #expect(try ended.output.count == 1 && value("modelVersion", of: ended.output.first) == "0003")
        #expect(ended.status == 0 && ended.errors == ["note: job job-1"] + Self.lines)
        let begun = try await run(FakeJobs(), "--json", "--detach")
        #expect(try begun.errors.isEmpty && value("state", of: begun.output.first) == "JOB_STATE_QUEUED")
    }

    @Test func `A watch that breaks off tells no epoch twice`() async throws {
        let jobs = FakeJobs(watches: [
            .init(events: [Self.epochs[0]], end: .failure(RPCError(.unavailable, "restarting"))),
            .init(events: Self.epochs + [Self.finished]),
        ])
        let finished = try await run(jobs)
        let note = "note: UNAVAILABLE: restarting: trying again for 60.0 seconds"
        #expect(finished == Finished(output: ["job-1", Self.end], errors: [Self.lines[0], note, Self.lines[1]], status: 0))
    }

    @Test func `A training that fails or is cancelled exits with 1`() async throws {
        for state in [JobState.failed, .cancelled] {
            let finished = try await run(FakeJobs(watches: [.init(events: [JobEvent(job: Self.job(state, done: 2))])]))
            #expect(finished.status == 1 && finished.output.count == 2)
            #expect(finished.errors.last?.hasPrefix("error: job job-1 is ") == true)
        }
    }

    @Test func `What the student refuses is told, and what to do about it`() async throws {
        let preset = try await run(FakeJobs(), "--preset", "huge")
        #expect(preset == Finished(output: [], errors: ["error: INVALID_ARGUMENT: preset: there are small and paper"], status: 13))
        let version = try await run(FakeJobs(), "--from", "0009")
        let hint = "  rdrec models lists the versions that there are"
        #expect(version == Finished(output: [], errors: ["error: NOT_FOUND: there is no version 0009", hint], status: 15))
    }

    @Test func `Ctrl-C leaves the training running`() async throws {
        let jobs = FakeJobs(watches: [.init(events: [Self.epochs[0]], end: .never)])
        try await withTemporaryFolder { folder in
            let endpoint = "ipc://\(folder)/own"
            try await withOwnServer(at: endpoint, drainBudget: .zero, register: jobs.register) { _ in
                let child = try Child("rdrec", ["train", "--endpoint", endpoint])
                while jobs.watching == 0 { try await Task.sleep(for: .milliseconds(10)) }
                child.signal(SIGINT)
                let finished = await child.ended()
                let note = "note: job job-1 goes on: rdrec jobs watch job-1 shows it again, rdrec jobs cancel job-1 ends it"
                #expect(finished.status == 130 && finished.output == ["job-1"] && finished.errors.last == note)
                #expect(jobs.cancelled.isEmpty)
            }
        }
    }

    @Test(arguments: [
        ["--epochs", "0"], ["--patience", "0"], ["--tokens-per-step", "0"], ["--mixture", "1:1:1"], ["--mixture", "0:0:0:0"],
        ["--mixture", "1:1:1:-1"], ["--mixture", "1:2.5:0:1"], ["--mixture", "1:1:1:nan"], ["--indexing", "alphabetical"],
        ["--activate", "maybe"], ["--seed", "-1"], ["--watch-patience", "-1"], ["extra"],
    ]) func `Wrong arguments exit with 64`(_ arguments: [String]) async throws {
        let finished = try await runCommand(["train"] + arguments)
        #expect(finished.status == 64 && finished.output.isEmpty && !finished.errors.isEmpty)
    }
}
