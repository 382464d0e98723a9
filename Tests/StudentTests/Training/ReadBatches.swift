import Kernels
import Student
import T5Model
import Tokenizers

/// All that an epoch shows a model, decoded back to text and items.
struct ReadBatches {
    private(set) var texts: [String] = []
    /// Places of items that stand as tokens of their own, read or said.
    private(set) var items: [Int] = []
    private(set) var sequenceCount = 0

    init(_ trial: TrainedTrial, epochs: ClosedRange<Int>) throws {
        let configuration = try trial.configuration, pool = ExamplePool(trial.corpus, trial.recipe)
        var encoder = ExampleEncoder(trial.corpus, trial.recipe, trial.prompts)
        for epoch in epochs {
            let plan = EpochPlan(pool, trial.recipe, epoch: epoch) { encoder.cost($0) }
            for step in plan.steps + [pool.heldBack] {
                var items = T5Batch(configuration, saysItems: trial.recipe.formulation == .sequence), words = T5Batch(configuration)
                for example in step { try encoder.append(example, epoch: epoch, items: &items, words: &words) }
                read(items, trial)
                read(words, trial)
            }
        }
    }

    private mutating func read(_ batch: T5Batch, _ trial: TrainedTrial) {
        sequenceCount += batch.sequenceCount
        for (encoder, decoder) in zip(batch.encoderSpans, batch.decoderSpans) {
            let labels = decoder.queries.map { batch.labels[$0] }.filter { $0 >= 0 }.map { $0 + batch.outputs.lowerBound }
            for tokens in [encoder.queries.map { batch.encoderRows[$0] }, decoder.queries.map { batch.decoderTokens[$0] }, labels] {
                texts.append(trial.tokenizer.decode(tokens.filter { Int($0) < trial.tokenizer.vocabularyCount }))
                items += tokens.filter { batch.configuration.items.contains($0) }.map { Int($0 - batch.configuration.items.lowerBound) }
            }
        }
    }
}
