internal import Evaluation
internal import Store
internal import Wire

/// One training of a robustness evaluation: what its version sees of the data, and how it is disturbed.
package struct RobustnessTrial: Sendable, Hashable {
    /// Shares, 0 to 1.
    package var randomInteractions = 0.0
    package var swappedRationales = 0.0
    package var withoutRationales = false
    package var seed: UInt64

    /// "random-0.1/with/seed-1": one of a job's.
    package var name: String {
        let disturbance =
            randomInteractions > 0 ? "random-\(randomInteractions)" : swappedRationales > 0 ? "swapped-\(swappedRationales)" : "undisturbed"
        return "\(disturbance)/\(withoutRationales ? "without" : "with")/seed-\(seed)"
    }
}

/// Trains a version like `model` (its preset, indexing and split), but for the trial, and opens it.
///
/// Asked again with the same job and trial, it goes on where the process before ended, or gives the version that it has made. What it tells is
/// for people. The version is not activated, and may go once it is let go.
/// - Throws: `JobFailure`; `CancellationError` soon after its task is cancelled.
package typealias RobustnessTrainer =
    @Sendable (
        _ model: ModelDescription, _ trial: RobustnessTrial, _ job: String, _ tell: @Sendable (String) async -> Void
    ) async throws -> OpenedVersion

/// Evaluates versions trained on disturbed data in the way of the version that they are like: one table of all.
struct RobustnessRun: Sendable {
    private let store: any Store
    private let split: Split
    private let plan: EvaluationPlan
    private let model: ModelDescription
    private let trainer: RobustnessTrainer
    private let job: String
    private let trials: [RobustnessTrial]

    init(
        _ store: any Store, _ split: Split, _ plan: EvaluationPlan, _ robustness: RobustnessPlan, _ model: ModelDescription,
        _ trainer: @escaping RobustnessTrainer, job: String
    ) {
        self.store = store
        self.split = split
        self.plan = plan
        self.model = model
        self.trainer = trainer
        self.job = job
        trials = Self.trials(robustness, model)
    }

    /// Each disturbance, and none, with and without rationales. Swapped rationales change nothing for who sees none.
    static func trials(_ plan: RobustnessPlan, _ model: ModelDescription) -> [RobustnessTrial] {
        var trials: [RobustnessTrial] = []
        for seed in plan.seeds.isEmpty ? [model.seed] : plan.seeds {
            for withoutRationales in [false, true] {
                let plain = RobustnessTrial(withoutRationales: withoutRationales, seed: seed)
                trials.append(plain)
                for share in plan.randomInteractions {
                    var trial = plain
                    trial.randomInteractions = share
                    trials.append(trial)
                }
                for share in plan.swappedRationales where !withoutRationales {
                    var trial = plain
                    trial.swappedRationales = share
                    trials.append(trial)
                }
            }
        }
        return trials
    }

    /// At most: the version itself is one of the trials where it fits.
    var trainings: Int { trials.count { !isModel($0) } }

    private func isModel(_ trial: RobustnessTrial) -> Bool {
        trial
            == RobustnessTrial(
                randomInteractions: model.randomInteractions, swappedRationales: model.swappedRationales,
                withoutRationales: model.withoutRationales, seed: model.seed)
    }

    /// - Parameters:
    ///   - own: the version's.
    ///   - done: metrics of the job from before: trials that are among them are not done again.
    func run(
        _ own: RankingResult, conditions: EvaluationProtocol, done: [Metric], _ report: JobReport, _ progress: EvaluationProgress
    ) async throws -> RobustnessReport {
        var results: [RobustnessReport.Trial] = []
        for (index, trial) in trials.enumerated() {
            try Task.checkCancellation()
            let prefix = "robustness/\(trial.name)/"
            var figures: [String: Double] = [:]
            for metric in done where metric.name.hasPrefix(prefix) {
                figures[String(metric.name.dropFirst(prefix.count))] = metric.value
            }
            if isModel(trial) {
                figures = own.metrics.mapValues(\.mean)
            } else if figures.isEmpty {
                let place = "robustness: training \(index + 1) of \(trials.count), \(trial.name)"
                await report.note(place)
                let opened = try await trainer(model, trial, job) { await report.note($0.isEmpty ? place : "\(place): \($0)") }
                figures = try await evaluate(opened, progress)
                await report.note("")
            } else {
                try await progress.advance(conditions.usersTested)
            }
            try await report.update(
                JobChange(metrics: figures.sorted { $0.key < $1.key }.map { Metric(name: prefix + $0.key, value: $0.value) }))
            results.append(
                RobustnessReport.Trial(
                    randomInteractions: trial.randomInteractions, swappedRationales: trial.swappedRationales,
                    withoutRationales: trial.withoutRationales, seed: trial.seed, metrics: figures))
        }
        return RobustnessReport(job: job, model: EvaluationReport.Model(model), protocol: conditions, trials: results)
    }

    private func evaluate(_ opened: OpenedVersion, _ progress: EvaluationProgress) async throws -> [String: Double] {
        guard opened.loaded.description.splitVersion == split.version else {
            throw JobFailure("a disturbed version was trained by split \(opened.loaded.description.splitVersion), not by \(split.version)")
        }
        let run = try await EvaluationRun(store, split, opened, plan)
        let rankings = try await run.rankings(withBaselines: false) { try await progress.advance($0) }
        return rankings.first?.result.metrics.mapValues(\.mean) ?? [:]
    }
}
