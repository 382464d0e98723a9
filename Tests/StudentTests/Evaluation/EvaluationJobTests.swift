import ChildProcesses
import DaemonStage
import Evaluation
import Locks
import RPC
import Store
import Student
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(2)))
struct EvaluationJobTests {
    @Test func `What cannot be asked is refused, and becomes no job`() async throws {
        try await withTakenItems(KnownRanks.users) { store, folder, split in
            let stage = EvaluationStage(store, folder, [FormulaVersion(KnownRanks.items, split: split.version)])
            let wrong: [(StartEvaluationRequest, StatusCode)] = [
                (StartEvaluationRequest(cutoffs: [0]), .invalidArgument),
                (StartEvaluationRequest(cutoffs: [1, 1_000_000]), .invalidArgument),
                (StartEvaluationRequest(cutoffs: [5, 10, 5]), .invalidArgument),
                (StartEvaluationRequest(cutoffs: Array(1...21)), .invalidArgument),
                (StartEvaluationRequest(split: "training"), .invalidArgument),
                (StartEvaluationRequest(sampledNegatives: 4_000_000_000), .invalidArgument),
                (StartEvaluationRequest(explainedUsers: .max), .invalidArgument),
                (StartEvaluationRequest(robustness: Robustness(randomInteractions: [0.1])), .unimplemented),
            ]
            try await withRunner(store, works: [.evaluation: stage.work]) { runner in
                for (request, code) in wrong {
                    let error = await #expect(throws: RPCError.self) { _ = try await runner.start(.evaluation, request: request.encoded()) }
                    #expect(error?.code == code, "\(request)")
                }
                let unknown = await #expect(throws: StoreError.self) {
                    _ = try await runner.start(.evaluation, request: StartEvaluationRequest(modelVersion: "0099").encoded())
                }
                #expect(unknown?.code == .notFound)
            }
            let none = EvaluationStage(store, folder, [])
            let error = await #expect(throws: RPCError.self) { try await none.work.check(StartEvaluationRequest().encoded()) }
            #expect(error?.code == .failedPrecondition)
            #expect(try await store.jobs(limit: 10).isEmpty)
        }
    }

    @Test func `A split that has gone is told, before a job and in one`() async throws {
        try await withTakenItems(KnownRanks.users) { store, folder, split in
            let stage = EvaluationStage(store, folder, [FormulaVersion(KnownRanks.items, split: split.version)])
            for more in 0...Split.keptVersions {
                _ = try await store.record(Interaction(userID: "two", itemID: "i\(more)", timestampMs: 9_000), key: nil)
                _ = try await store.makeSplit(SplitPolicy())
            }
            let error = await #expect(throws: RPCError.self) { try await stage.work.check(StartEvaluationRequest().encoded()) }
            #expect(error?.code == .failedPrecondition && error?.message.contains("is not kept any more") == true)
            let job = try await store.addJob(kind: .evaluation, request: StartEvaluationRequest().encoded())
            try await withRunner(store, works: [.evaluation: stage.work]) { runner in
                let end = try await runner.end(of: job.number)
                #expect(end.phase == .failed && end.message.contains("split \(split.version), by which model 0001 was trained"))
            }
        }
    }

    @Test func `A split stays for as long as a job needs it`() async throws {
        try await withTakenItems(KnownRanks.users) { store, folder, split in
            let version = FormulaVersion(KnownRanks.items, split: split.version)
            version.isOpen.withLock { $0 = false }
            let stage = EvaluationStage(store, folder, [version])
            try await withRunner(store, works: [.evaluation: stage.work]) { runner in
                let job = try await runner.start(.evaluation, request: StartEvaluationRequest(split: "test").encoded())
                try await eventually("it ranks") { version.asked.withLock { !$0.rankings.isEmpty } }
                for more in 0...Split.keptVersions {
                    _ = try await store.record(Interaction(userID: "two", itemID: "i\(more)", timestampMs: 9_000), key: nil)
                    _ = try await store.makeSplit(SplitPolicy())
                }
                version.isOpen.withLock { $0 = true }
                let end = try await runner.end(of: job.number)
                #expect(end.phase == .succeeded && end.metric("test/hr@5") == 0.6)
            }
        }
    }

    /// A store at which an evaluation stands behind its first batch until its task is cancelled.
    private func standing(_ store: any Store, _ stands: Locked<Bool>) -> HookedStore {
        var hooked = HookedStore(store: store)
        hooked.beforeUpdate = { (change) async throws(StoreError) in
            guard let done = change.done, done > 0 else { return }
            stands.withLock { $0 = true }
            while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
        }
        return hooked
    }

    @Test func `Cancelled it ends behind the batch that it is at`() async throws {
        let users = (0..<200).map { (id: "u\($0)", items: ["i0", "i1", "i2"]) }
        try await withTakenItems(users) { store, folder, split in
            let version = FormulaVersion(KnownRanks.items, split: split.version), stands = Locked(false)
            let stage = EvaluationStage(standing(store, stands), folder, [version])
            try await withRunner(stage.store, works: [.evaluation: stage.work]) { runner in
                let job = try await runner.start(.evaluation, request: StartEvaluationRequest().encoded())
                try await eventually("it has ranked a batch") { stands.withLock { $0 } }
                #expect(try await runner.cancel(job.number).phase == .cancelled)
                #expect(version.asked.withLock { $0.rankings.count } == 128)
                #expect(try await stage.reports.read(job.publicID) == nil)
            }
        }
    }

    @Test func `A stopped evaluation is done anew by the next process, with the version that it began with`() async throws {
        try await withTakenItems(KnownRanks.users) { store, folder, split in
            let first = FormulaVersion(KnownRanks.items, split: split.version), stands = Locked(false)
            let stage = EvaluationStage(standing(store, stands), folder, [first])
            let number = try await withRunner(stage.store, works: [.evaluation: stage.work]) { runner in
                let job = try await runner.start(.evaluation, request: StartEvaluationRequest().encoded())
                try await eventually("it has ranked a batch") { stands.withLock { $0 } }
                return job.number
            }
            #expect(try await store.job(number).phase == .running)
            // Another is active by now.
            let other = FormulaVersion(KnownRanks.items, split: split.version, version: "0002")
            let next = EvaluationStage(store, folder, [other, first])
            try await withRunner(store, works: [.evaluation: next.work]) { runner in
                let end = try await runner.end(of: number)
                #expect(end.phase == .succeeded && end.modelVersion == "0001" && end.metric("test/hr@5") == 0.6)
            }
            #expect(other.asked.withLock { $0.rankings.isEmpty })
        }
    }

    @Test func `Nobody to test is told`() async throws {
        try await withTakenItems([("two", ["i1", "i2"])]) { store, folder, split in
            let stage = EvaluationStage(store, folder, [FormulaVersion(KnownRanks.items, split: split.version)])
            let job = try await stage.end(of: StartEvaluationRequest())
            #expect(job.phase == .failed && job.message.contains("tests nobody"))
        }
    }

    @Test func `The report says how, and shows the training's curves`() async throws {
        try await withTakenItems(KnownRanks.users) { store, folder, split in
            let training = try await store.addJob(kind: .training, request: [])
            // "loss" is what a training tells of its steps while they run: no curve of epochs.
            let names = ["loss/sequential", "loss", "validation/hr@10", "validation/ndcg@10", "tokens_per_second"]
            let metrics = (1...3).flatMap { epoch in names.map { Metric(name: $0, value: 1 / Double(epoch), step: UInt64(epoch)) } }
            _ = try await store.update(training.number, JobChange(phase: .succeeded, metrics: metrics))
            var version = FormulaVersion(KnownRanks.items, split: split.version)
            version.description.jobID = training.publicID
            version.description.leaksTestOrder = true
            let stage = EvaluationStage(store, folder, [version])
            let (report, job) = try await stage.report(StartEvaluationRequest(withBaselines: true))
            #expect(report.job == job.publicID && report.model.leaksTestOrder && report.model.seed == 7 && report.model.preset == "tiny")
            #expect(try await stage.files(of: job) == ["loss.svg", "report.json", "report.md", "validation.svg"])
            let page = try await stage.file("report.md", of: job), curves = try await stage.file("validation.svg", of: job)
            #expect(page == report.markdown && page.contains("**Leak") && page.contains(report.protocol.summary))
            #expect(curves.contains("validation/hr@10") && curves.contains("whole catalogue, seen items hidden"))
            let loss = try await stage.file("loss.svg", of: job)
            #expect(
                loss.contains("loss/sequential") && loss.ranges(of: "class=\"dots").count == 1
                    && !loss.contains("tokens_per_second"))
        }
    }
}
