internal import Foundation
internal import Kernels
internal import Locks
internal import Logging
internal import ModelFiles
internal import Store
internal import T5Model
internal import Transport
internal import Wire

/// What trainings have of the daemon.
struct TrainingEnvironment: Sendable {
    let models: ModelStore
    /// Makes the operations that training runs on, on the thread that trains.
    let kernels: @Sendable () throws -> Kernels
    let logger: Logger
}

/// One training, from its corpus to its version.
final class TrainingRun: Sendable {
    private let store: any Store
    private let reader: CorpusReader
    private let split: Split
    private let recipe: TrainingRecipe
    private let follows: Bool
    private let folder: TrainingFolder
    private let session: TrainingSession
    /// As the store has it: what is disturbed is disturbed anew when more comes.
    private let corpus: Locked<TrainingCorpus>
    private let logger: Logger

    /// Reads the corpus, and what an earlier process left of the training.
    /// - Parameters:
    ///   - follows: whether rationales that come while it runs are taken in.
    ///   - initial: a version, or a folder with a T5, to begin with; empty from scratch.
    init(
        _ store: any Store, _ split: Split, _ recipe: TrainingRecipe, follows: Bool = false, initial name: String = "",
        _ folder: TrainingFolder, _ environment: TrainingEnvironment
    ) async throws {
        self.store = store
        self.split = split
        self.folder = folder
        self.follows = follows
        logger = environment.logger
        reader = CorpusReader(store, split)
        var corpus = try await reader.read()
        guard corpus.catalogue.count > 0, corpus.interactionCount > 0 else {
            throw JobFailure("there is nothing to train on: import interactions first (rdrec import)")
        }
        let begun = try await onBlockingThread(named: "rdrec-train") { [folder] in
            (setup: try folder.setup(), at: try folder.latest()?.progress)
        }
        // A recipe is decided once: another default of a later release does not change a training that goes on.
        let recipe = begun.setup?.1 ?? recipe
        self.recipe = recipe
        if !recipe.withoutRationales {
            let last = if let begun = begun.at { RationaleNumber(rawValue: begun.lastRationale) } else { try await store.newestRationale() }
            _ = try await reader.addRationales(upTo: last, to: &corpus)
        }
        if let setup = begun.setup?.0 { corpus.keepOrder(of: setup.catalogue) }
        let appearance = recipe.indexing == .digitsInOrder ? try await reader.appearance(corpus.catalogue) : nil
        let initial = begun.at == nil ? try await Self.initial(name, environment.models, recipe, store, split) : nil
        self.corpus = Locked(corpus)
        let seen = Self.disturbed(corpus, recipe)
        session = try await onBlockingThread(named: "rdrec-train") { [folder] in
            TrainingThread.giveWay()
            let setup: TrainingSetup
            if let known = begun.setup?.0 {
                setup = known
            } else {
                setup = try TrainingSetup(seen, recipe, appearance: appearance, initial: initial, follows: follows)
                try folder.write(setup, recipe)
            }
            return try TrainingSession(seen, recipe, setup, folder, kernels: environment.kernels(), initial: initial)
        }
    }

    private static func disturbed(_ corpus: TrainingCorpus, _ recipe: TrainingRecipe) -> TrainingCorpus {
        var corpus = corpus
        Disturbances.replaceItems(recipe.randomInteractions, in: &corpus, seed: recipe.seed)
        Disturbances.swapRationales(recipe.swappedRationales, in: &corpus, seed: recipe.seed)
        return corpus
    }

    private static func initial(
        _ name: String, _ models: ModelStore, _ recipe: TrainingRecipe, _ store: any Store, _ split: Split
    ) async throws -> InitialCheckpoint? {
        guard !name.isEmpty else { return nil }
        let version = try await models.list().first { $0.version == name }, isVersion = version != nil
        let folder = isVersion ? models.path(name) : name
        // A version that learnt by another rule may know what this split holds back. By the same rule a later split holds back what came later.
        if let version {
            let known = try? await store.split(version.splitVersion)
            guard known?.policy == split.policy else {
                throw JobFailure(
                    "version \(name) was trained by split \(version.splitVersion), \(known == nil ? "which is not kept" : "of another policy"): it "
                        + "may know what split \(split.version) holds back")
            }
        }
        return try await onBlockingThread(named: "rdrec-train") {
            try InitialCheckpoint(folder: folder, isVersion: isVersion, seed: recipe.seed)
        }
    }

    /// Trains to the end.
    /// - Parameter tell: told how far it is each second, and what each epoch has measured.
    func train(_ tell: @escaping @Sendable (JobChange) async throws -> Void) async throws {
        let ticks = Locked(TrainingSession.Tick()), stop = Locked(false), began = ContinuousClock.now
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.tellProgress(ticks, began, tell) }
                defer { group.cancelAll() }
                while !session.progress.isThrough {
                    try await takeInNew()
                    let epoch = session.progress.epoch
                    let metrics = try await onBlockingThread(named: "rdrec-train") { [session] in
                        TrainingThread.giveWay()
                        return try session.runEpoch(
                            shouldStop: { stop.withLock { $0 } }, tick: { tick in ticks.withLock { $0 = tick } })
                    }
                    guard let metrics else { throw CancellationError() }
                    let tick = ticks.withLock { $0 }
                    try await tell(
                        JobChange(
                            done: tick.done(epoch + 1), total: recipe.epochs * max(tick.stepCount, 1),
                            metrics: metrics.sorted { $0.key < $1.key }.map { Metric(name: $0.key, value: $0.value, step: UInt64(epoch)) }))
                }
            }
        } onCancel: {
            stop.withLock { $0 = true }
        }
        // Validation may have ended it early: that was all there was to do.
        let steps = ticks.withLock { $0.done(session.progress.epoch) }
        if steps > 0 { try await tell(JobChange(done: steps, total: steps)) }
    }

    private func tellProgress(
        _ ticks: Locked<TrainingSession.Tick>, _ began: ContinuousClock.Instant, _ tell: @Sendable (JobChange) async throws -> Void
    ) async throws {
        while true {
            try await Task.sleep(for: .seconds(1))
            let tick = ticks.withLock { $0 }
            guard tick.stepCount > 0 else { continue }
            let seconds = (ContinuousClock.now - began) / .seconds(1), step = UInt64(tick.epoch)
            // What cannot be told now is told a second later: the training does not end for it.
            try? await tell(
                JobChange(
                    done: tick.done(tick.epoch), total: recipe.epochs * tick.stepCount,
                    metrics: [
                        Metric(name: "tokens_per_second", value: Double(tick.tokens) / max(seconds, 1e-3), step: step),
                        Metric(name: "loss", value: tick.loss, step: step),
                    ]))
        }
    }

    /// The rationales that have come meanwhile, where the training follows them.
    private func takeInNew() async throws {
        guard follows, session.progress.step == 0 else { return }
        let newest = try await store.newestRationale()
        var corpus = corpus.withLock { $0 }
        guard newest != corpus.lastRationale else { return }
        let count = try await reader.addRationales(upTo: newest, to: &corpus)
        self.corpus.withLock { $0 = corpus }
        let seen = Self.disturbed(corpus, recipe)
        logger.info("a training takes in rationales", metadata: ["count": "\(count)", "epoch": "\(session.progress.epoch)"])
        try await onBlockingThread(named: "rdrec-train") { [session] in try session.replaceCorpus(seen) }
    }

    /// Makes the best a version.
    func publish(_ models: ModelStore, job: String) async throws -> ModelDescription {
        let reserved = try await models.reserve(jobID: job)
        let description = try await write(to: reserved.folder, version: reserved.version, job: job)
        try await models.write(description, session.setup.catalogue, to: reserved)
        return try await models.publish(reserved)
    }

    /// Writes the best into a new folder: all that a version has, but for what it says of itself.
    /// - Returns: that.
    func write(to path: String, version: String, job: String) async throws -> ModelDescription {
        let (split, recipe, session, folder) = (split, recipe, session, folder)
        return try await onBlockingThread(named: "rdrec-publish") {
            let progress = session.progress, best = try folder.best(epoch: progress.bestEpoch)
            try Checkpoint.save(best, to: path) { files in
                try session.setup.write(to: files)
                try files.write(StudentFolder.json(recipe), to: StudentFolder.recipeName)
            }
            return ModelDescription(
                version: version, jobID: job, createdAtMs: Int64(Date().timeIntervalSince1970 * 1_000), preset: recipe.preset,
                formulation: recipe.formulation.rawValue, indexing: recipe.indexing.rawValue, leaksTestOrder: recipe.leaksTestOrder,
                splitVersion: split.version, withoutRationales: recipe.withoutRationales, seed: recipe.seed,
                randomInteractions: recipe.randomInteractions, swappedRationales: recipe.swappedRationales,
                digest: try FileDigest.sha256(path: "\(path)/\(Checkpoint.weightsName)"), parameterCount: best.parameterCount,
                metrics: progress.bestMetrics, bestEpoch: progress.bestEpoch)
        }
    }

    /// What it has decided, for who opens what it wrote.
    var catalogue: ModelCatalogue { session.setup.catalogue }
}

extension TrainingSession.Tick {
    /// Steps of all epochs so far, as if each had as many.
    func done(_ epoch: Int) -> Int { max(epoch - 1, 0) * stepCount + (epoch == self.epoch ? step : 0) }
}
