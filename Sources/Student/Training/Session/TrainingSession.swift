internal import Foundation
internal import Kernels
internal import ModelFiles
internal import Store
internal import T5Model

/// The computing of a training: epochs of steps, validation, checkpoints. For one thread at a time; everything here blocks.
///
/// What comes out is a function of the corpus, the recipe and the setup: a session that goes on from a checkpoint does what the one before it would
/// have done, bit for bit.
final class TrainingSession: @unchecked Sendable {
    // Who runs it awaits each call's end before the next.
    let recipe: TrainingRecipe
    let setup: TrainingSetup
    let folder: TrainingFolder
    private(set) var progress: TrainingProgress
    private let kernels: Kernels
    private let prompts: StudentPrompts
    private let model: T5Model
    private let trainer: T5Trainer
    /// Of the weights; nil where the last step's count.
    private let mean: AveragedParameters?
    /// What is validated and published: of the mean, or the model that is trained.
    private let judged: T5Model
    private var corpus: TrainingCorpus
    private var validation: TrainingValidation
    private var lastCheckpoint = ContinuousClock.now
    private var tokenCount = 0

    /// Between two checkpoints within an epoch.
    private static let checkpointInterval = Duration.seconds(60)

    /// Begins, or goes on from the folder's newest checkpoint.
    ///
    /// - Parameters:
    ///   - corpus: with the rationales up to those that `progress` names.
    ///   - initial: weights to begin with; drawn by the seed when nil.
    init(
        _ corpus: TrainingCorpus, _ recipe: TrainingRecipe, _ setup: TrainingSetup, _ folder: TrainingFolder, kernels: Kernels,
        initial: InitialCheckpoint?
    ) throws {
        self.recipe = recipe
        self.setup = setup
        self.folder = folder
        self.kernels = kernels
        self.corpus = corpus
        let indexing = try setup.index.indexing(setup.tokenizer)
        prompts = StudentPrompts(recipe, PromptEncoder(setup.tokenizer, indexing), setup.words)
        let saved = try folder.latest(), parameters: T5Parameters
        if let saved {
            parameters = saved.parameters
        } else {
            let configuration = try setup.configuration(recipe, initial: initial)
            parameters = try initial?.weights(configuration, setup, recipe) ?? Self.drawn(configuration, recipe)
        }
        let content = parameters.configuration.contentWordCount > 0 ? setup.words?.content(ContentWords.documents(corpus)) : nil
        model = T5Model(parameters, kernels: kernels, content: content)
        if let saved {
            trainer = T5Trainer(model, resuming: saved.state)
            progress = saved.progress
        } else {
            trainer = T5Trainer(model, Self.options(recipe))
            progress = TrainingProgress()
            progress.lastRationale = corpus.lastRationale.rawValue
        }
        if recipe.averageDecay > 0 {
            let start = saved?.mean ?? T5Parameters(model.configuration)
            if saved?.mean == nil { start.copy(from: model.parameters) }
            mean = AveragedParameters(start, decay: recipe.averageDecay)
            judged = T5Model(start, kernels: kernels, content: content)
        } else {
            mean = nil
            judged = model
        }
        validation = try TrainingValidation(corpus, recipe, prompts, judged)
        if saved == nil { try checkpoint() }
    }

    private static func drawn(_ c: T5Configuration, _ recipe: TrainingRecipe) -> T5Parameters {
        let parameters = T5Parameters(c)
        parameters.initialize(seed: recipe.seed)
        let name = T5Layout.embeddingName
        parameters.initialize(name, rows: 0..<c.baseVocabularyCount, deviation: recipe.pieceDeviation, seed: recipe.seed)
        if c.itemCount > 0 {
            parameters.initialize(
                name, rows: c.baseVocabularyCount..<c.vocabularyCount, deviation: recipe.itemDeviation, seed: recipe.seed &+ 1)
        }
        if c.contentWordCount > 0 {
            parameters.initialize(
                T5Layout.itemContentName, rows: 0..<c.contentWordCount, deviation: recipe.wordDeviation, seed: recipe.seed)
        }
        if recipe.outputScale != 1 { parameters.scaleLayerOutputs(by: recipe.outputScale) }
        return parameters
    }

    private static func options(_ recipe: TrainingRecipe) -> TrainingOptions {
        var options = TrainingOptions(LearningRateSchedule(peak: recipe.peakRate, warmUpSteps: recipe.warmUpSteps))
        options.weightDecay = recipe.weightDecay
        options.maximumGradientNorm = recipe.maximumGradientNorm
        options.seed = recipe.seed
        return options
    }

    /// Takes in a corpus with more rationales: between epochs alone.
    func replaceCorpus(_ corpus: TrainingCorpus) throws {
        self.corpus = corpus
        progress.lastRationale = corpus.lastRationale.rawValue
        if model.configuration.contentWordCount > 0, let words = setup.words {
            let content = words.content(ContentWords.documents(corpus))
            for model in mean == nil ? [model] : [model, judged] {
                model.weights.replaceContent(content)
                model.parametersChanged()
            }
        }
        validation = try TrainingValidation(corpus, recipe, prompts, judged)
    }

    // MARK: An epoch

    /// What an epoch tells while it runs.
    struct Tick: Sendable {
        var epoch = 0
        var step = 0
        var stepCount = 0
        var loss = 0.0
        var gradientNorm = 0.0
        /// Rows of encoder and decoder since the session began.
        var tokens = 0
    }

    /// Runs the rest of the present epoch, validates, and writes where it is then.
    ///
    /// - Parameters:
    ///   - shouldStop: asked before each step. Where it says so the place is written, and what is left of the epoch is not run.
    /// - Returns: what the epoch measured; nil where it was stopped.
    func runEpoch(shouldStop: () -> Bool, tick: (Tick) -> Void) throws -> [String: Double]? {
        let pool = ExamplePool(corpus, recipe)
        var encoder = ExampleEncoder(corpus, recipe, prompts)
        let plan = EpochPlan(pool, recipe, epoch: progress.epoch) { encoder.cost($0) }
        guard !plan.steps.isEmpty else { throw JobFailure("there is nothing to train on: import interactions first (rdrec import)") }
        var state = Tick(epoch: progress.epoch, step: progress.step, stepCount: plan.steps.count)
        for step in progress.step..<max(plan.steps.count, progress.step) {
            if shouldStop() {
                try checkpoint()
                return nil
            }
            let report = try trainer.train(on: batches(plan.steps[step], &encoder, step))
            mean?.update(model.parameters, step: report.step, kernels: kernels)
            progress.step = step + 1
            progress.lossSum += report.loss
            progress.gradientNormSum += report.gradientNorm
            state.step = progress.step
            tokenCount += report.tokenCount
            state.tokens = tokenCount
            (state.loss, state.gradientNorm) = (report.loss, report.gradientNorm)
            tick(state)
            if ContinuousClock.now - lastCheckpoint > Self.checkpointInterval, step + 1 < plan.steps.count { try checkpoint() }
        }
        if mean != nil { judged.parametersChanged() }
        var metrics = try validation.measure(pool.heldBack, &encoder)
        if progress.step > 0 {
            metrics["loss/training"] = progress.lossSum / Double(progress.step)
            metrics["gradient_norm"] = progress.gradientNormSum / Double(progress.step)
        }
        try finishEpoch(metrics)
        return metrics
    }

    private func batches(_ examples: [TrainingExample], _ encoder: inout ExampleEncoder, _ step: Int) throws -> [T5Batch] {
        var items = T5Batch(model.configuration, saysItems: recipe.formulation == .sequence), words = T5Batch(model.configuration)
        items.name = "epoch \(progress.epoch), step \(step + 1), items"
        words.name = "epoch \(progress.epoch), step \(step + 1)"
        for example in examples { try encoder.append(example, epoch: progress.epoch, items: &items, words: &words) }
        return [items, words].filter { $0.labelCount > 0 }
    }

    private func finishEpoch(_ metrics: [String: Double]) throws {
        let value = metrics[TrainingValidation.chosenBy] ?? -(metrics["loss/training"] ?? 0)
        if value > progress.bestValue {
            try folder.writeBest(finished(), epoch: progress.epoch)
            progress.bestEpoch = progress.epoch
            progress.bestValue = value
            progress.bestMetrics = metrics
        }
        progress.isThrough = progress.epoch >= recipe.epochs || progress.epoch - progress.bestEpoch >= recipe.patience
        progress.epoch += 1
        progress.step = 0
        (progress.lossSum, progress.gradientNormSum) = (0, 0)
        try checkpoint()
        folder.removeBest(but: progress.bestEpoch)
    }

    private func checkpoint() throws {
        try folder.write(trainer, mean: mean?.parameters, progress)
        lastCheckpoint = .now
    }

    /// The model as a version has it.
    private func finished() -> T5Parameters {
        guard let content = judged.weights.content else { return judged.parameters }
        return judged.parameters.withContentInRows(content, kernels: kernels)
    }
}
