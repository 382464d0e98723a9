/// Disturbs what a training sees, to measure how much it bears. What validation and test ask for stays as it is.
package enum Disturbances {
    /// Replaces the items of a share of the interactions by random ones of the catalogue, drawn by seed and user.
    package static func replaceItems(_ share: Double, in corpus: inout TrainingCorpus, seed: UInt64) {
        guard share > 0 else { return }
        var counts = [Int](repeating: 0, count: corpus.catalogue.count)
        for place in corpus.users.indices {
            var random = StreamRandom(seed: seed, DrawPlace.interactions, IDDigest.of(corpus.users[place].id))
            for step in corpus.users[place].steps.indices {
                if random.uniform() < share { corpus.users[place].steps[step].item = random.below(corpus.catalogue.count) }
                counts[corpus.users[place].steps[step].item] += 1
            }
        }
        let catalogue = corpus.catalogue
        corpus.catalogue = ModelCatalogue(
            ids: catalogue.ids, titles: catalogue.titles, categories: catalogue.categories, trainingCounts: counts)
    }

    /// Has a share of the rationales change places among each other in a ring, so that each is of another interaction: of another item, but where
    /// neighbours in the ring are of the same.
    package static func swapRationales(_ share: Double, in corpus: inout TrainingCorpus, seed: UInt64) {
        guard share > 0 else { return }
        var random = StreamRandom(seed: seed, DrawPlace.rationales)
        // By what does not depend on the store's numbering.
        var moving = corpus.users.flatMap { user in user.steps.map(\.interaction) }.filter { corpus.rationales[$0] != nil }
        moving = moving.filter { _ in random.uniform() < share }.shuffled(using: &random)
        guard moving.count > 1 else { return }
        let texts = moving.map { corpus.rationales[$0] }
        for (index, interaction) in moving.enumerated() { corpus.rationales[interaction] = texts[(index + 1) % moving.count] }
    }
}
