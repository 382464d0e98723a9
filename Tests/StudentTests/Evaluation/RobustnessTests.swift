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
struct RobustnessTests {
    /// Gives versions that are the worse the more was disturbed, and notes what it is asked.
    private final class Trainer: Sendable {
        let trials = Locked<[RobustnessTrial]>([])
        let split: UInt64
        /// Trials from here on wait to be cancelled.
        let most: Int

        init(split: UInt64, most: Int = .max) {
            self.split = split
            self.most = most
        }

        func train(_ model: ModelDescription, _ trial: RobustnessTrial, _ tell: @Sendable (String) async -> Void) async throws
            -> OpenedVersion
        {
            await tell("epoch 1")
            if trials.withLock({ $0.count }) >= most { try await Task.sleep(for: .seconds(60)) }
            trials.withLock { $0.append(trial) }
            let isBad = trial.randomInteractions > 0.4 || trial.swappedRationales > 0
            var version = FormulaVersion(KnownRanks.items, split: split, version: "0900") { history, item in
                isBad ? Double(item == history.last ? 1 : 0) : FormulaVersion.next(10)(history, item)
            }
            version.description.withoutRationales = trial.withoutRationales
            return OpenedVersion(version)
        }
    }

    private func stage(_ store: any Store, _ folder: String, _ trainer: Trainer) -> EvaluationStage {
        EvaluationStage(store, folder, [FormulaVersion(KnownRanks.items, split: trainer.split)]) { model, trial, job, tell in
            #expect(model.version == "0001" && job.hasPrefix("evaluation-"))
            return try await trainer.train(model, trial, tell)
        }
    }

    private static let request = StartEvaluationRequest(
        split: "validation", cutoffs: [1],
        robustness: Robustness(randomInteractions: [0.5, 0.25], swappedRationales: [0.5], seeds: [7, 8]))

    @Test func `Each disturbance is trained once for each seed, with and without rationales, and told in one table`() async throws {
        try await withTakenItems(KnownRanks.users) { store, folder, split in
            let trainer = Trainer(split: split.version), stage = stage(store, folder, trainer)
            let (_, job) = try await stage.report(Self.request)
            let trials = trainer.trials.withLock { $0 }
            // Of each seed four with and three without; the undisturbed of seed 7 is the version itself.
            #expect(trials.count == 13 && Set(trials).count == 13)
            #expect(!trials.contains { $0.withoutRationales && $0.swappedRationales > 0 })
            #expect(
                !trials.contains { $0.name == "undisturbed/with/seed-7" } && trials.contains { $0.name == "random-0.25/without/seed-8" })
            #expect(job.done == job.total && job.total == 14 * 5)
            let table = try RobustnessReport(json: try await stage.file("robustness.json", of: job))
            #expect(table.trials.count == 14 && table.protocol.part == .validation && table.model.version == "0001")
            for trial in table.trials {
                let isBad = trial.randomInteractions == 0.5 || trial.swappedRationales > 0
                #expect(trial.metrics["hr@1"] == (isBad ? 0 : 1), "\(trial)")
            }
            #expect(job.metric("robustness/random-0.5/without/seed-8/hr@1") == 0)
            #expect(job.metric("robustness/undisturbed/with/seed-7/hr@1") == 1)
            let page = try await stage.file("robustness.md", of: job)
            #expect(page.contains(table.protocol.summary) && page.contains("Seeds of the trainings: 7, 8"))
            let rows = page.split(separator: "\n").filter { $0.hasPrefix("|") }
            #expect(rows.count == 6 && rows[2].contains("undisturbed") && rows[2].contains("1.0000 ± 0.0000"))
            #expect(rows[5].contains("50.0 % of rationales swapped") && rows[5].contains("100.0 %"))
        }
    }

    @Test func `One that is stopped does the rest of its trainings`() async throws {
        try await withTakenItems(KnownRanks.users) { store, folder, split in
            let before = Trainer(split: split.version, most: 5)
            let number = try await withRunner(store, works: [.evaluation: stage(store, folder, before).work]) { runner in
                let job = try await runner.start(.evaluation, request: Self.request.encoded())
                try await eventually("five are trained and told, and the sixth has begun") {
                    let job = try await runner.job(job.number)
                    return job.message.contains("training 7 of 14") && job.message.contains("epoch 1")
                }
                return job.number
            }
            let after = Trainer(split: split.version)
            try await withRunner(store, works: [.evaluation: stage(store, folder, after).work]) { runner in
                let end = try await runner.end(of: number)
                #expect(end.phase == .succeeded && end.done == end.total)
            }
            let (one, other) = (before.trials.withLock { $0 }, after.trials.withLock { $0 })
            #expect(one.count == 5 && other.count == 8 && Set(one + other).count == 13)
        }
    }

    @Test func `Shares and seeds that cannot be are refused`() async throws {
        try await withTakenItems(KnownRanks.users) { store, folder, split in
            let stage = stage(store, folder, Trainer(split: split.version))
            for robustness in [
                Robustness(), Robustness(randomInteractions: [0]), Robustness(randomInteractions: [1.5]),
                Robustness(swappedRationales: [.nan]),
                Robustness(randomInteractions: [0.1, 0.1]), Robustness(randomInteractions: [0.1], seeds: [1, 1]),
                Robustness(randomInteractions: [0.1], seeds: [0]),
            ] {
                let error = await #expect(throws: RPCError.self) {
                    try await stage.work.check(StartEvaluationRequest(robustness: robustness).encoded())
                }
                #expect(error?.code == .invalidArgument, "\(robustness)")
            }
        }
    }
}
