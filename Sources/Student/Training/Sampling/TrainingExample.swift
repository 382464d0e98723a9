/// What a step learns from: one of RDRec's tasks on what a corpus holds.
package enum TrainingExample: Sendable, Hashable {
    /// A user's history, each item from those before it. In the `paper` formulation: an item from a stretch of it.
    case next(user: Int)
    /// One of a user's items among others that the user has not.
    case choice(user: Int)
    /// What a user wrote of an item; users and steps by their places in the corpus.
    case explanation(user: Int, step: Int)
    case preference(user: Int, step: Int)
    case attributes(user: Int, step: Int)
}

/// The examples of a corpus by task, as they are at an epoch's beginning.
package struct ExamplePool: Sendable {
    package private(set) var next: [TrainingExample] = []
    package private(set) var choice: [TrainingExample] = []
    package private(set) var explanation: [TrainingExample] = []
    package private(set) var rationales: [TrainingExample] = []
    /// Texts that are not trained on: their loss tells whether training still helps.
    package private(set) var heldBack: [TrainingExample] = []

    private static let mostHeldBack = 256
    private static let heldBackShare: UInt64 = 50

    package init(_ corpus: TrainingCorpus, _ recipe: TrainingRecipe) {
        for (place, user) in corpus.users.enumerated() {
            // RDRec's stretch needs an item before its last.
            if recipe.formulation == .sequence || user.steps.count > 1 { next.append(.next(user: place)) }
            if recipe.mixture.topN > 0 { choice.append(.choice(user: place)) }
            for (step, what) in user.steps.enumerated() {
                var texts: [TrainingExample] = []
                if recipe.mixture.explanation > 0, corpus.reviews[what.interaction] != nil {
                    texts.append(.explanation(user: place, step: step))
                }
                if recipe.mixture.rationales > 0, corpus.rationales[what.interaction] != nil {
                    texts += [.preference(user: place, step: step), .attributes(user: place, step: step)]
                }
                if texts.isEmpty { continue }
                // By who and which, so that it is the same ones however many there are.
                let digest = IDDigest.of("\(user.id)\u{1}\(corpus.catalogue.ids[what.item])")
                if digest % Self.heldBackShare == 0 {
                    heldBack += texts
                } else {
                    for text in texts { if case .explanation = text { explanation.append(text) } else { rationales.append(text) } }
                }
            }
        }
        if heldBack.count > Self.mostHeldBack {
            var random = StreamRandom(seed: 1, DrawPlace.texts)
            heldBack.shuffle(using: &random)
            heldBack = Array(heldBack.prefix(Self.mostHeldBack))
        }
    }
}
