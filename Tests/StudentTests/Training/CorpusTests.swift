import ModelFiles
import Store
import Student
import T5Model
import Testing
import Tokenizers
import Wire

/// What training sees of what a split holds back: nothing. Searched in everything that is made of it, down to the batches.
@Suite(.timeLimit(.minutes(3)))
struct CorpusTests {
    /// No other text has its letters side by side, nor any Greek.
    private static let mark = "zqxjψω"

    private static func hasMark(_ text: String) -> Bool {
        text.lowercased().contains("zq") || text.unicodeScalars.contains { (0x370...0x3ff).contains($0.value) }
    }

    /// Where marks are found, by what was searched.
    private static func marks(_ trial: TrainedTrial) throws -> [String: Int] {
        let corpus = trial.corpus
        var found: [String: Int] = [:]
        func search(_ what: String, _ texts: [String]) { found[what] = texts.count(where: hasMark) }
        search("reviews", Array(corpus.reviews.values))
        search("rationales", corpus.rationales.values.flatMap { [$0.preference, $0.attributes] })
        search("documents", ContentWords.documents(corpus).flatMap(\.self))
        search("content words", trial.words?.words ?? [])
        search("vocabulary", (0..<Int32(trial.tokenizer.pieceCount)).map { trial.tokenizer.entry($0).text })
        let batches = try ReadBatches(trial, epochs: 1...3)
        search("batches", batches.texts)
        #expect(batches.sequenceCount > 100 && batches.texts.contains { $0.contains("guitar") }, "something was searched")
        return found
    }

    private func trial(_ store: any Store, _ split: Split, _ folder: String, _ recipe: TrainingRecipe) async throws -> TrainedTrial {
        try await TrainedTrial(store, split, recipe, folder: folder + "/trial")
    }

    private static let recipes: [TrainingRecipe] = [
        .changed { $0.epochs = 1 },
        .changed {
            ($0.epochs, $0.preferenceShare, $0.encodesPreferences, $0.startsWithPreferences) = (1, 0.8, true, true)
        },
        .changed(.paper) {
            ($0.epochs, $0.indexing, $0.tokensPerStep, $0.vocabularyPieces) = (1, .digitsRandom, 1_024, 500)
            ($0.width, $0.heads, $0.feedForward, $0.encoderLayers, $0.decoderLayers) = (32, 1, 64, 1, 1)
            $0.mixture = TrainingRecipe.Mixture(explanation: 1, sequential: 1, rationales: 1, topN: 0)
        },
    ]

    @Test(arguments: recipes.indices)
    func `Nothing of what is held back is in a corpus, a vocabulary, content words, counts and batches`(_ index: Int) async throws {
        let recipe = Self.recipes[index], shop = TrainingShop(mark: Self.mark)
        try await shop.inStore { store, folder, split in
            let trial = try await trial(store, split, folder, recipe), corpus = trial.corpus
            #expect(corpus.reviews.count == shop.users * (shop.perUser - 2) && corpus.rationales.count == corpus.reviews.count)
            for (what, count) in try Self.marks(trial) { #expect(count == 0, "in the \(what)") }

            // The items that are held back are known, as all of the shop's are, and never taken.
            let held = Set(corpus.catalogue.ids.indices.filter { corpus.catalogue.ids[$0].hasPrefix("held-") })
            #expect(held.count == 2 * shop.users)
            #expect(held.allSatisfy { corpus.catalogue.trainingCounts[$0] == 0 })
            #expect(corpus.catalogue.trainingCounts.reduce(0, +) == shop.users * (shop.perUser - 2))
            #expect(corpus.histories.allSatisfy { held.isDisjoint(with: $0) })
            // Validation asks for the one, and nothing for the other.
            #expect(corpus.users.allSatisfy { $0.validation.map { corpus.catalogue.ids[$0].hasSuffix("-4") } == true })
            let batches = try ReadBatches(trial, epochs: 1...3)
            #expect(held.isDisjoint(with: batches.items))
            if let numbers = trial.indexing.record.numbers {
                // Numbers are of four digits, so that none is within another.
                for item in held { #expect(!batches.texts.contains { $0.contains("\(numbers[item])") }) }
                #expect(batches.texts.contains { $0.contains("item_\(numbers[corpus.histories[0][0]])") })
            } else {
                #expect(Set(batches.items).count == shop.rings * shop.ringCount, "all others are read")
            }
        }
    }

    @Test func `The same search finds marks in every place once they are in what training may see`() async throws {
        var shop = TrainingShop(mark: Self.mark)
        shop.perUser = 8
        // One more interaction of everybody, so that the marked ones before are training's.
        let later = (0..<shop.users).flatMap { user in
            (0..<2).map {
                IngestRecord.Record.review(
                    Review(userID: "user-\(user)", itemID: shop.itemID(0, $0), text: "", timestampMs: Int64(9_000_000 + $0)))
            }
        }
        let reviews = shop.reviews.map { review in
            // Of items that others have too, so that their words are words of content.
            var review = review
            if review.itemID.hasPrefix("held-") { review.itemID = shop.itemID(1, review.itemID.utf8.count) }
            return IngestRecord.Record.review(review)
        }
        let rationales = zip(reviews, shop.rationales).compactMap { record, rationale -> IngestRecord.Record? in
            guard case .review(let review) = record else { return nil }
            var rationale = rationale
            rationale.reviewID = review.effectiveID
            return .rationale(rationale)
        }
        try await shop.inStore(reviews + rationales + later) { store, folder, split in
            for (what, count) in try Self.marks(try await trial(store, split, folder, Self.recipes[1])) {
                #expect(count > 0, "in the \(what)")
            }
        }
    }

    @Test func `Items and users in another order of coming train to the same weights, bit for bit`() async throws {
        let shop = TrainingShop()
        var digests: Set<String> = [], numbers: Set<[String]> = []
        let recipe = TrainingRecipe.changed {
            ($0.epochs, $0.preferenceShare, $0.encodesPreferences, $0.startsWithPreferences) = (2, 0.5, true, true)
        }
        for seed in 0..<3 as Range<UInt64> {
            var random = StreamRandom(seed: seed)
            // What a rationale is of comes before it.
            var records = shop.items.map { IngestRecord.Record.item($0) } + shop.reviews.map { .review($0) }
            if seed > 0 { records.shuffle(using: &random) }
            let rationales = shop.rationales.map { IngestRecord.Record.rationale($0) }
            records += seed > 0 ? rationales.shuffled(using: &random) : rationales
            let (ids, digest) = try await shop.inStore(records) { store, folder, split in
                let items = try await store.items(after: .none, limit: 100)
                let trial = try await TrainedTrial(store, split, recipe, folder: folder + "/trial")
                let digest = try trial.digest
                return (items.map(\.item.itemID), digest)
            }
            numbers.insert(ids)
            digests.insert(digest)
        }
        #expect(numbers.count == 3, "the store numbers them differently")
        #expect(digests.count == 1)
    }
}
