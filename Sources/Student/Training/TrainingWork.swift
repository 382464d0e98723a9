internal import Foundation
package import Kernels
package import Logging
internal import ModelFiles
internal import RPC
package import Store
internal import T5Model
internal import Transport
package import Wire

/// The training job: reads what its split lets it see, trains until validation gets no better, and publishes the best as a version.
///
/// Where it is stopped it goes on, bit for bit: all that it has decided, its place and the best so far are in `DIR/training/JOB`. Computing is on
/// threads of its own, which give way to serving's.
package struct TrainingWork: JobWork {
    package struct Options: Sendable {
        package var directory: String
        package var standard = StudentPreset.standard
        /// Makes the operations that training runs on. Called on the thread that trains: what it makes gives way as that does.
        package var kernels: @Sendable () throws -> Kernels

        package init(directory: String, kernels: @escaping @Sendable () throws -> Kernels) {
            self.directory = directory
            self.kernels = kernels
        }
    }

    private let store: any Store
    private let models: ModelStore
    private let options: Options
    /// Told of a version that a training has published, and of its request, which may say something of activation.
    private let published: @Sendable (_ version: String, StartTrainingRequest) async throws -> String
    private let logger: Logger

    /// - Parameter published: activates the version where it may be; returns what became of it, for people.
    package init(
        _ store: any Store, _ models: ModelStore, _ options: Options, logger: Logger,
        published: @escaping @Sendable (_ version: String, StartTrainingRequest) async throws -> String
    ) {
        self.store = store
        self.models = models
        self.options = options
        self.logger = logger
        self.published = published
    }

    package func check(_ request: [UInt8]) throws { _ = try recipe(request) }

    private func recipe(_ request: [UInt8]) throws -> TrainingRecipe {
        try TrainingRecipe(StartTrainingRequest(decoding: request), standard: options.standard)
    }

    package func run(_ job: JobRecord, _ report: JobReport) async throws {
        let folder = TrainingFolder("\(trainings)/\(job.publicID)")
        do {
            try await run(job, folder, report)
        } catch {
            // Who cancels a training does not want the rest of it; one that the process ends under goes on. Asked in a task of its own: in one
            // that is cancelled the store answers nothing.
            let hasEnded = await Task { await endUnwanted(job, folder, report) }.value
            if !hasEnded { throw error }
        }
    }

    /// Ends a training that somebody has cancelled.
    /// - Returns: whether it has a version all the same: whoever cancels it then comes too late, and the job says what it has made.
    private func endUnwanted(_ job: JobRecord, _ folder: TrainingFolder, _ report: JobReport) async -> Bool {
        guard (try? await store.job(job.number))?.isCancelRequested == true else { return false }
        folder.remove()
        guard let made = try? await models.published(byJob: job.publicID), (try? await tell(made, report)) != nil else { return false }
        report.conclude("model \(made.version) was made before it was cancelled, and is not activated by it")
        return true
    }

    /// The version that a training has made. What a job says last is of that, and not of the last epoch.
    private func tell(_ version: ModelDescription, _ report: JobReport) async throws {
        let best = version.metrics.sorted { $0.key < $1.key }.filter(\.value.isFinite)
        let metrics = best.map { Metric(name: $0.key, value: $0.value, step: UInt64(version.bestEpoch)) }
        try await report.update(JobChange(modelVersion: version.version, metrics: metrics))
    }

    private var trainings: String { options.directory + "/training" }

    /// Removes what was left of trainings that will not go on: that have failed, or were cancelled while no process ran.
    /// - Parameter jobs: the ids of those that will.
    package func removeLeftovers(except jobs: Set<String>) async {
        try? await onBlockingThread(named: "rdrec-train") { [trainings] in
            for name in try FileManager.default.contentsOfDirectory(atPath: trainings) {
                // Those of an evaluation are called after it and a trial.
                let job = name.split(separator: ".").first.map(String.init) ?? ""
                if !jobs.contains(job) { TrainingFolder("\(trainings)/\(name)").remove() }
            }
        }
    }

    private func run(_ job: JobRecord, _ folder: TrainingFolder, _ report: JobReport) async throws {
        let request = try StartTrainingRequest(decoding: job.request)
        let version: ModelDescription
        // One that was killed between its version and its end has only to end.
        if let known = try await models.published(byJob: job.publicID) {
            version = known
        } else {
            let split =
                if let version = job.split { try await store.split(version) } else { try await store.freshSplit(pinnedBy: job.number) }
            await report.note("reading")
            try await report.update(JobChange(split: split.version))
            let run = try await TrainingRun(
                store, split, try recipe(job.request), follows: request.followDistillation, initial: request.initialCheckpoint, folder,
                TrainingEnvironment(models: models, kernels: options.kernels, logger: logger))
            await report.note("")
            try await run.train { try await report.update($0) }
            try Task.checkCancellation()
            version = try await run.publish(models, job: job.publicID)
        }
        try await tell(version, report)
        folder.remove()
        let outcome = try await published(version.version, request)
        report.conclude(outcome)
        logger.notice("a version is trained", metadata: ["model.version": "\(version.version)", "outcome": "\(outcome)"])
    }
}
