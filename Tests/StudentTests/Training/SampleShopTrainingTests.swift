import Baselines
import Foundation
import Kernels
import SampleShop
import Store
import Student
import T5Model
import Testing
import Wire

/// What a training finds of what was planted in a sample shop. Takes minutes in debug: `Deploy/test.sh` runs it in release.
@Suite(.timeLimit(.minutes(5)))
struct SampleShopTrainingTests {
    private static let shop = Shop(users: 800, items: 120, seed: 7)
    private static let customers = (0..<shop.userCount).map(shop.customer)
    private static let histories = customers.map(shop.purchases)
    private static let truth = Truth(of: shop, purchases: histories.flatMap(\.self))
    /// Reviews without the items' titles, and what a teacher would take from them: their sentences.
    private static var records: [IngestRecord.Record] {
        let writer = ReviewWriter(shop)
        let reviews = zip(customers, histories).flatMap { customer, history in history.map { writer.review(of: $0, by: customer) } }
        return reviews.map { .review($0) }
            + reviews.compactMap { review in
                let sentences = review.text.split(separator: ".").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
                guard sentences.count > 1 else { return nil }
                return .rationale(
                    Rationale(
                        reviewID: review.effectiveID, userPreference: sentences[0] + ".",
                        itemAttributes: sentences.dropFirst().prefix(6).joined(separator: ". ") + ".",
                        provenance: Provenance(modelDigest: "sentences", modelName: "sentences", promptVersion: "1", sampling: "greedy")))
            }
    }

    private struct Rates {
        var all = 0.0
        var rare = 0.0
    }

    /// Hit rates of ten for each customer's last purchase, of all and of rare items.
    /// - Parameter best: of histories, without what is in them.
    private static func rates(_ catalogue: ModelCatalogue, _ best: ([[Int]]) throws -> [[Int]]) rethrows -> Rates {
        let places = histories.map { $0.compactMap { catalogue.place(shop.itemID($0.item)) } }
        // The third of the items that training has seen least is rare.
        let rare = catalogue.trainingCounts.sorted()[catalogue.count / 3]
        var hits = 0.0, rareHits = 0.0, rareCount = 0.0
        for (history, found) in zip(places, try best(places.map { $0.dropLast() })) {
            guard let target = history.last else { continue }
            let hit = found.contains(target) ? 1.0 : 0
            hits += hit
            if catalogue.trainingCounts[target] < rare {
                rareHits += hit
                rareCount += 1
            }
        }
        return Rates(all: hits / Double(places.count), rare: rareHits / max(rareCount, 1))
    }

    private static func rates(_ scoring: some ItemScoring, _ catalogue: ModelCatalogue) -> Rates {
        rates(catalogue) { $0.map { scoring.best(after: $0, exclusions: $0, count: 10).map(\.item) } }
    }

    @Test func `It comes near to the planted model, above the baselines`() async throws {
        try await TrainingShop().inStage(Self.records) { stage in
            do {
                var rates: [Rates] = []
                for isBare in [false, true] {
                    let made = try await stage.version(StartTrainingRequest(preset: "small", maxEpochs: 40, withoutRationales: isBare))
                    let model = try stage.load(made.version), ranker = try model.makeRanker()
                    rates.append(
                        try Self.rates(model.catalogue) { histories in
                            try ranker.best(histories.map { RankingRequest(history: $0, exclusions: $0, count: 10) }).map { $0.map(\.item) }
                        })
                }
                let split = try #require(try await stage.store.currentSplit())
                let corpus = try await TrialCorpus.read(stage.store, split, StudentPreset.small.recipe), count = corpus.catalogue.count
                let popular = Self.rates(Popularity(sequences: corpus.histories, itemCount: count), corpus.catalogue)
                let near = Self.rates(ItemNeighbours(sequences: corpus.histories, itemCount: count), corpus.catalogue)
                let best = Self.truth.best.hitRate(2),
                    figures =
                        "planted \(best), popularity \(popular.all) \(popular.rare), neighbours \(near.all) \(near.rare), student \(rates[0].all) \(rates[0].rare), bare \(rates[1].all) \(rates[1].rare)"
                print(figures)
                #expect(rates[0].all > 0.65 * best, "\(figures)")
                #expect(rates[0].all > popular.all + 0.1 && rates[0].all > near.all + 0.05, "\(figures)")
            }
        }
    }
}
