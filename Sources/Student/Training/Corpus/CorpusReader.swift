package import Store
package import Wire

/// Reads what a training may see. Everything that is learnt from comes through the split's `TrainingView`; of the rest only what validation asks
/// for is read, and nothing of the test.
package struct CorpusReader: Sendable {
    private let store: any Store
    private let split: Split
    private static let page = 2_000
    /// Of a review, in characters: what an explanation is to be like is at its beginning.
    private static let mostReviewCharacters = 300

    package init(_ store: any Store, _ split: Split) {
        self.store = store
        self.split = split
    }

    /// All but the rationales.
    package func read() async throws -> TrainingCorpus {
        let items = try await items(), users = try await users()
        let places = Dictionary(uniqueKeysWithValues: items.enumerated().map { ($1.number, $0) })
        var counts = [Int](repeating: 0, count: items.count), result: [TrainingCorpus.User] = []
        let view = store.training(split), validation = try await validationItems()
        var last = UserNumber.none
        while true {
            let page = try await view.sequences(after: last, limit: Self.page)
            guard let end = page.last?.user else { break }
            for sequence in page {
                let steps = sequence.steps.compactMap { step in
                    places[step.item].map { TrainingCorpus.Step(item: $0, interaction: step.interaction) }
                }
                for step in steps { counts[step.item] += 1 }
                guard let id = users[sequence.user], !steps.isEmpty else { continue }
                result.append(TrainingCorpus.User(id: id, steps: steps, validation: validation[sequence.user].flatMap { places[$0] }))
            }
            last = end
            try Task.checkCancellation()
        }
        result.sort { IDDigest.precedes($0.id, $1.id) }
        let catalogue = ModelCatalogue(
            ids: items.map(\.item.itemID), titles: items.map(\.item.title), categories: items.map(\.item.categories), trainingCounts: counts
        )
        var corpus = TrainingCorpus(catalogue: catalogue, users: result)
        corpus.reviews = try await reviews(view)
        return corpus
    }

    /// Adds the rationales that have come since the last were read, up to a number.
    /// - Returns: how many.
    package func addRationales(upTo last: RationaleNumber, to corpus: inout TrainingCorpus) async throws -> Int {
        let view = store.training(split)
        var count = 0
        while corpus.lastRationale != last {
            let page = try await view.rationales(after: corpus.lastRationale, upTo: last, limit: Self.page)
            // Their numbers increase: of those of one interaction the last stays.
            for rationale in page {
                corpus.rationales[rationale.interaction] = TrainingCorpus.Texts(
                    preference: rationale.userPreference, attributes: rationale.itemAttributes)
            }
            count += page.count
            corpus.lastRationale = page.last.map(\.number) ?? last
            try Task.checkCancellation()
        }
        return count
    }

    /// The items of a catalogue in the order in which users' histories have them for the first time, what is tested included: what `digits-in-order`
    /// numbers them by, and why it leaks.
    package func appearance(_ catalogue: ModelCatalogue) async throws -> [Int] {
        let ids = Dictionary(uniqueKeysWithValues: try await items().map { ($0.number, $0.item.itemID) })
        var order: [Int] = [], seen: Set<Int> = [], last = UserNumber.none
        while true {
            let page = try await store.sequences(of: split, after: last, limit: Self.page)
            guard let end = page.last?.user else { break }
            for step in page.flatMap(\.steps) {
                guard let place = ids[step.item].flatMap(catalogue.place), seen.insert(place).inserted else { continue }
                order.append(place)
            }
            last = end
        }
        return order + (0..<catalogue.count).filter { !seen.contains($0) }
    }

    private func items() async throws -> [StoredItem] {
        var items: [StoredItem] = []
        while true {
            let page = try await store.items(after: items.last?.number ?? .none, limit: Self.page)
            guard !page.isEmpty else { break }
            items += page
        }
        let digests = Dictionary(uniqueKeysWithValues: items.map { ($0.number, IDDigest.of($0.item.itemID)) })
        return items.sorted { one, other in
            let (a, b) = (digests[one.number] ?? 0, digests[other.number] ?? 0)
            return a != b ? a < b : one.item.itemID.utf8.lexicographicallyPrecedes(other.item.itemID.utf8)
        }
    }

    private func users() async throws -> [UserNumber: String] {
        var ids: [UserNumber: String] = [:], last = UserNumber.none
        while true {
            let page = try await store.users(after: last, limit: Self.page)
            guard let end = page.last else { return ids }
            for user in page { ids[user.number] = user.id }
            last = end.number
        }
    }

    /// Of each user that is tested, the first item of the validation part. It is for choosing, never for learning.
    private func validationItems() async throws -> [UserNumber: ItemNumber] {
        var items: [UserNumber: ItemNumber] = [:], last = UserNumber.none
        while true {
            let page = try await store.sequences(of: split, after: last, limit: Self.page)
            guard let end = page.last?.user else { return items }
            for sequence in page where SplitPlan.isTested(sequence.steps.map(\.part)) {
                items[sequence.user] = sequence.steps.first { $0.part == .validation }?.item
            }
            last = end
        }
    }

    private func reviews(_ view: any TrainingView) async throws -> [InteractionNumber: String] {
        var texts: [InteractionNumber: String] = [:], last = ReviewNumber.none
        while true {
            let page = try await view.reviews(after: last, limit: Self.page)
            guard let end = page.last?.number else { return texts }
            for pending in page {
                // A review's number is that of its interaction.
                let review = pending.review, text = review.summary.isEmpty ? review.text : "\(review.summary). \(review.text)"
                texts[InteractionNumber(rawValue: pending.number.rawValue)] = String(text.prefix(Self.mostReviewCharacters))
            }
            last = end
            try Task.checkCancellation()
        }
    }
}
