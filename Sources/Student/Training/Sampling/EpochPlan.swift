/// The steps of an epoch: which examples each has. A function of the pool, the recipe and the epoch's number.
///
/// An epoch goes through all histories once, in an order of its own; of texts as many come along as the mixture gives room for, drawn anew each
/// epoch. A step is filled by tokens, not by rows: a task's share is a share of the rows that are computed.
package struct EpochPlan: Sendable {
    package private(set) var steps: [[TrainingExample]] = []

    /// - Parameter cost: rows of encoder and decoder that an example takes; 1 or more.
    package init(_ pool: ExamplePool, _ recipe: TrainingRecipe, epoch: Int, cost: (TrainingExample) -> Int) {
        let mixture = recipe.mixture
        let tasks: [(pool: [TrainingExample], share: Int)] = [
            (pool.next, mixture.sequential), (pool.choice, mixture.topN), (pool.explanation, mixture.explanation),
            (pool.rationales, mixture.rationales),
        ]
        var streams: [Stream] = []
        // What there is nothing of has no share.
        let all = tasks.reduce(0) { $0 + ($1.pool.isEmpty ? 0 : $1.share) }
        for (index, task) in tasks.enumerated() where !task.pool.isEmpty && task.share > 0 {
            var random = StreamRandom(seed: recipe.seed, DrawPlace.sequences, UInt64(epoch), UInt64(index))
            streams.append(
                Stream(examples: task.pool.shuffled(using: &random), budget: max(1, recipe.tokensPerStep * task.share / max(all, 1))))
        }
        // The first, which is that of items, tells the epoch's length.
        guard !streams.isEmpty else { return }
        while !streams[0].isThrough {
            var step: [TrainingExample] = []
            for index in streams.indices { streams[index].take(into: &step, wraps: index > 0, cost: cost) }
            steps.append(step)
        }
    }

    /// A task's examples in the epoch's order, again from the beginning where they are fewer than the epoch needs.
    private struct Stream {
        let examples: [TrainingExample]
        /// Tokens a step.
        let budget: Int
        private var place = 0
        /// What the step before took too much.
        private var debt = 0

        init(examples: [TrainingExample], budget: Int) {
            self.examples = examples
            self.budget = budget
        }

        var isThrough: Bool { place >= examples.count }

        mutating func take(into step: inout [TrainingExample], wraps: Bool, cost: (TrainingExample) -> Int) {
            var left = budget - debt, begin = place
            while left > 0, wraps || !isThrough {
                let example = examples[place % examples.count]
                step.append(example)
                left -= max(cost(example), 1)
                place += 1
                // Not twice in a step.
                if place - begin == examples.count { break }
            }
            begin = place
            debt = max(-left, 0)
        }
    }
}
