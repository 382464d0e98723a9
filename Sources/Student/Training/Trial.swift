package import Kernels
package import Store
package import Wire

/// Trainings without a job, for benchmarks and tests: a corpus and a recipe in, figures of validation out.
package enum Trial {
    /// Trains to the end, from where the folder is. Blocks.
    /// - Parameters:
    ///   - epoch: told what each epoch has measured.
    ///   - shouldStop: asked before each step.
    /// - Returns: what the best epoch measured, with its number as "epoch".
    /// - Throws: `CancellationError` where it was stopped; the folder says where.
    package static func run(
        _ corpus: TrainingCorpus, _ recipe: TrainingRecipe, folder: String, appearance: [Int]? = nil, kernels: Kernels,
        _ epoch: (_ number: Int, [String: Double]) -> Void = { _, _ in }, shouldStop: () -> Bool = { false }
    ) throws -> [String: Double] {
        let files = TrainingFolder(folder), setup: TrainingSetup
        if let known = try files.setup() {
            setup = known.0
        } else {
            setup = try TrainingSetup(corpus, recipe, appearance: appearance, initial: nil)
            try files.write(setup, recipe)
        }
        let session = try TrainingSession(corpus, recipe, setup, files, kernels: kernels, initial: nil)
        while !session.progress.isThrough {
            let number = session.progress.epoch
            guard let metrics = try session.runEpoch(shouldStop: shouldStop, tick: { _ in }) else { throw CancellationError() }
            epoch(number, metrics)
        }
        var best = session.progress.bestMetrics
        best["epoch"] = Double(session.progress.bestEpoch)
        return best
    }
}

package enum TrialCorpus {
    /// What a training of the recipe sees.
    package static func read(_ store: any Store, _ split: Split, _ recipe: TrainingRecipe) async throws -> TrainingCorpus {
        let reader = CorpusReader(store, split)
        var corpus = try await reader.read()
        if !recipe.withoutRationales { _ = try await reader.addRationales(upTo: store.newestRationale(), to: &corpus) }
        return corpus
    }
}
