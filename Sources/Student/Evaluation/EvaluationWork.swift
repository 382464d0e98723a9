internal import Evaluation
package import Logging
internal import RPC
package import Store
internal import Transport
internal import Wire

/// The evaluation job: what a version is worth on items that were held back, beside baselines, as a report and as metrics.
///
/// By the split that the version was trained by: another's held-back items might have taught it. A job that is stopped begins anew when it
/// goes on, but for the trainings of a robustness evaluation, each of which it does once.
package struct EvaluationWork: JobWork {
    private let store: any Store
    private let versions: EvaluatedVersions
    private let reports: ReportFolder
    private let trainer: RobustnessTrainer?
    private let logger: Logger

    /// - Parameter trainer: trains for robustness evaluations; nil where none can be asked for.
    package init(
        _ store: any Store, _ versions: EvaluatedVersions, reports: ReportFolder, trainer: RobustnessTrainer? = nil, logger: Logger
    ) {
        self.store = store
        self.versions = versions
        self.reports = reports
        self.trainer = trainer
        self.logger = logger
    }

    /// - Throws: INVALID_ARGUMENT for what cannot be asked; NOT_FOUND for a version that is not there; FAILED_PRECONDITION where none is active, or
    ///   the split of the version has gone.
    package func check(_ request: [UInt8]) async throws {
        let plan = try EvaluationPlan(StartEvaluationRequest(decoding: request))
        guard plan.robustness == nil || trainer != nil else { throw RPCError(.unimplemented, "this studentd trains no disturbed versions") }
        let version = try await chosen(plan), model = try await versions.describe(version)
        do { _ = try await store.split(model.splitVersion) } catch {
            guard error.code == .notFound else { throw error }
            throw RPCError(.failedPrecondition, Self.splitGone(model))
        }
    }

    package func run(_ job: JobRecord, _ report: JobReport) async throws {
        let plan = try EvaluationPlan(StartEvaluationRequest(decoding: job.request))
        // The one that it began with, whatever is active by now.
        let version = job.modelVersion.isEmpty ? try await chosen(plan) : job.modelVersion
        await report.note("loading model \(version)")
        let opened = try await versions.open(version), model = opened.loaded.description
        // The job keeps the split from now on, if it is still there.
        try await report.update(JobChange(split: model.splitVersion, modelVersion: version))
        let split: Split
        do { split = try await store.split(model.splitVersion) } catch {
            throw error.code == .notFound ? JobFailure(Self.splitGone(model)) : error
        }
        await report.note("reading who is tested")
        let run = try await EvaluationRun(store, split, opened, plan)
        guard !run.isEmpty else {
            throw JobFailure(
                "split \(split.version) tests nobody by \(plan.part.rawValue) items: users need \(SplitPlan.leastTested) interactions")
        }
        let robustness = trainer.flatMap { trainer in
            plan.robustness.map { RobustnessRun(store, split, plan, $0, model, trainer, job: job.publicID) }
        }
        let progress = EvaluationProgress(report, total: run.total + (robustness?.trainings ?? 0) * run.tested.users.count)
        try await progress.advance(0)
        await report.note("ranking")
        let rankings = try await run.rankings(withBaselines: plan.withBaselines) { try await progress.advance($0) }
        if plan.explainedUsers > 0 { await report.note("writing explanations") }
        let explanations = try await run.explanations { try await progress.advance($0) }
        var result = EvaluationReport(
            job: job.publicID, createdAtMs: job.startedAt, model: EvaluationReport.Model(model), protocol: run.conditions,
            rankings: rankings, explanations: explanations)
        if plan.explainedUsers > 0, explanations == nil {
            result.notes.append("No explanation was compared: nobody who is tested has written of the target.")
        }
        // On disk before the trainings, which take long.
        var files = try await write(result, model, split)
        try await report.update(JobChange(metrics: result.metrics))
        if let robustness, let own = rankings.first {
            let table = try await robustness.run(own.result, conditions: run.conditions, done: job.metrics, report, progress)
            files.append(ReportFile(name: "robustness.json", content: try table.json))
            files.append(ReportFile(name: "robustness.md", content: table.markdown))
            try await reports.write(Report(files: files), of: job.publicID)
        }
        try await progress.finish()
        logger.notice("a version is evaluated", metadata: ["model.version": "\(version)", "protocol": "\(run.conditions.summary)"])
    }

    /// The report's files, on disk.
    private func write(_ result: EvaluationReport, _ model: ModelDescription, _ split: Split) async throws -> [ReportFile] {
        var files = [
            ReportFile(name: "report.json", content: try result.json), ReportFile(name: "report.md", content: result.markdown),
        ]
        if let number = JobNumber(publicID: model.jobID), let training = try? await store.job(number), training.publicID == model.jobID {
            files += TrainingCurves.files(of: training, model, split)
        }
        try await reports.write(Report(files: files), of: result.job)
        return files
    }

    private func chosen(_ plan: EvaluationPlan) async throws -> String {
        if !plan.version.isEmpty { return plan.version }
        guard let active = try await versions.active() else {
            throw RPCError(.failedPrecondition, "no model is active: name a version (rdrec models lists them), or train one")
        }
        return active
    }

    private static func splitGone(_ model: ModelDescription) -> String {
        "split \(model.splitVersion), by which model \(model.version) was trained, is not kept any more: train a version by the current one"
    }
}
