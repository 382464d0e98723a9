import Kernels
import Store
import Student
import Wire

/// A small shop to train on: each user goes round one ring of items from somewhere on, so that the next item follows from the last. Reviews and
/// rationales tell an item's ring and place; a user's last two interactions are what a split holds back.
struct TrainingShop {
    var users = 24
    var rings = 3
    var ringCount = 8
    var perUser = 6
    /// Words that reviews, rationales and ids of held-back interactions have, and nothing else; empty for none.
    var mark = ""
    /// Whether items have titles.
    var hasTitles = true
    /// Every so many-th review has a rationale.
    var rationaleEvery = 1

    private static let places = ["red", "green", "blue", "white", "black", "brown", "grey", "pink"]
    private static let kinds = ["guitar", "drum", "flute", "piano"]

    func itemID(_ ring: Int, _ place: Int) -> String { "item-\(ring)-\(place % ringCount)" }

    private func words(_ ring: Int, _ place: Int) -> String {
        "\(Self.places[place % ringCount % Self.places.count]) \(Self.kinds[ring % Self.kinds.count])"
    }

    /// What of the n-th interaction of a user is said.
    private func text(_ user: Int, _ step: Int, _ what: String) -> String {
        let told = words(user % rings, user / rings + step)
        return isHeldBack(step) && !mark.isEmpty ? "\(mark) \(what) of \(mark)\(user)" : "This \(told) is \(what)."
    }

    func isHeldBack(_ step: Int) -> Bool { step >= perUser - 2 }

    var reviews: [Review] {
        (0..<users).flatMap { user in
            (0..<perUser).map { step in
                let isMarked = isHeldBack(step) && !mark.isEmpty
                return Review(
                    userID: "user-\(user)",
                    itemID: isMarked ? "held-\(user)-\(step)" : itemID(user % rings, user / rings + step),
                    text: text(user, step, "good to have"), rating: 4, timestampMs: Int64(1_000_000 + step * 100_000 + user))
            }
        }
    }

    var rationales: [Rationale] {
        reviews.enumerated().compactMap { index, review in
            guard index % rationaleEvery == 0 else { return nil }
            let (user, step) = (index / perUser, index % perUser)
            return Rationale(
                reviewID: review.effectiveID, userPreference: text(user, step, "liked by the user"),
                itemAttributes: text(user, step, "well made"),
                provenance: Provenance(modelDigest: "digest", modelName: "teacher", promptVersion: "1", sampling: "greedy"))
        }
    }

    var items: [Item] {
        guard hasTitles else { return [] }
        return (0..<rings).flatMap { ring in
            (0..<ringCount).map { Item(itemID: itemID(ring, $0), title: "The \(words(ring, $0))", categories: ["Instruments"]) }
        }
    }

    var records: [IngestRecord.Record] {
        items.map { .item($0) } + reviews.map { .review($0) } + rationales.map { .rationale($0) }
    }

    /// Runs `body` with a store that has it all, and a split.
    func inStore<Result>(
        _ records: [IngestRecord.Record]? = nil, _ body: (SQLiteStore, String, Split) async throws -> Result
    ) async throws -> Result {
        let records = records ?? self.records
        return try await withStore { store, folder in
            let refused = try await store.ingest(records).filter { if case .refused = $0 { true } else { false } }
            precondition(refused.isEmpty, "\(refused)")
            return try await body(store, folder, try await store.makeSplit(SplitPolicy()))
        }
    }
}

extension TrainingRecipe {
    /// A preset's, changed.
    static func changed(_ preset: StudentPreset = .tiny, _ change: (inout TrainingRecipe) -> Void = { _ in }) -> TrainingRecipe {
        var recipe = preset.recipe
        recipe.epochs = 3
        recipe.tokensPerStep = 256
        recipe.vocabularyPieces = 200
        change(&recipe)
        return recipe
    }
}

/// Operations on one thread, as `RDREC_ISA` says.
func trainingKernels() throws -> Kernels { try Kernels.fromEnvironment(team: ThreadTeam(threads: 1)) }
