package import Store

/// What a training sees of a store, in memory: users with their training interactions, the items of the catalogue, texts.
///
/// Items and users are in the order of a digest of their ids, so that nothing learnt depends on the store's numbering.
package struct TrainingCorpus: Sendable {
    package struct Step: Sendable, Equatable {
        /// A place in the catalogue.
        package var item: Int
        package var interaction: InteractionNumber
    }

    package struct User: Sendable, Equatable {
        package var id: String
        /// Training interactions, oldest first.
        package var steps: [Step]
        /// What validation asks for after them; nil for who is not tested.
        package var validation: Int?
    }

    package struct Texts: Sendable, Equatable {
        package var preference: String
        package var attributes: String
    }

    package var catalogue: ModelCatalogue
    package var users: [User]
    /// By interaction: of each the newest rationale that has been read. Empty in a training without.
    package var rationales: [InteractionNumber: Texts] = [:]
    /// Up to which rationales have been read.
    package var lastRationale = RationaleNumber.none
    /// By interaction: what its review says, cut to a sentence or two.
    package var reviews: [InteractionNumber: String] = [:]

    /// Takes the catalogue that a training has decided on, and with it its places: items and titles that have come since are no part of it.
    package mutating func keepOrder(of decided: ModelCatalogue) {
        let places = catalogue.ids.map { decided.place($0) }
        for user in users.indices {
            users[user].steps = users[user].steps.compactMap { step in
                places[step.item].map { Step(item: $0, interaction: step.interaction) }
            }
            users[user].validation = users[user].validation.flatMap { places[$0] }
        }
        catalogue = decided
    }

    /// Training interactions of all users.
    package var interactionCount: Int { users.reduce(0) { $0 + $1.steps.count } }

    /// The items of users' training interactions, oldest first.
    package var histories: [[Int]] { users.map { $0.steps.map(\.item) } }
}
