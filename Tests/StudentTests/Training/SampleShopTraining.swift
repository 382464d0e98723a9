import Baselines
import ChildProcesses
import Foundation
import SampleShop
import Store
import Student
import T5Model
import Testing
import Wire

/// What a training finds of what was planted in a sample shop. Takes minutes in debug: `Deploy/test.sh` runs it in release.
@Suite(.timeLimit(.minutes(5)))
struct SampleShopTraining {
    private static let userCount = 1_500
    private static let itemCount = 240
    private static let shop = Shop(users: userCount, items: itemCount, seed: 7)
    private static let customers = (0..<userCount).map(shop.customer)
    private static let histories = customers.map(shop.purchases)
    private static let truth = Truth(of: shop, purchases: histories.flatMap(\.self))
    /// Items that training has seen so seldom are rare.
    private static let rare = 20

    /// Reviews without titles, and what a teacher would take from them: their sentences, in turn of the user and of the item.
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
                        itemAttributes: sentences.dropFirst().prefix(4).joined(separator: ". ") + ".",
                        provenance: Provenance(modelDigest: "sentences", modelName: "sentences", promptVersion: "1", sampling: "greedy")))
            }
    }

    private struct Rates {
        var all = 0.0
        var rare = 0.0
        var rareCount = 0.0
    }

    /// Hit rates of the ten best for each customer's last purchase, of all and of rare items.
    /// - Parameter best: of histories, without what is in them.
    private static func rates(_ catalogue: ModelCatalogue, _ best: ([[Int]]) throws -> [[Int]]) throws -> Rates {
        let places = histories.map { $0.compactMap { catalogue.place(shop.itemID($0.item)) } }
        var rates = Rates(), count = 0.0
        for (history, found) in zip(places, try best(places.map { $0.dropLast() })) {
            guard let target = history.last else { continue }
            let hit = found.contains(target) ? 1.0 : 0, isRare = catalogue.trainingCounts[target] < rare
            count += 1
            rates.all += hit
            if isRare {
                rates.rare += hit
                rates.rareCount += 1
            }
        }
        rates.all /= count
        rates.rare /= rates.rareCount
        return rates
    }

    private static func rates(_ stage: TrainingStage, _ request: StartTrainingRequest) async throws -> Rates {
        let loaded = try stage.load(try await stage.version(request).version), ranker = try loaded.makeRanker()
        return try rates(loaded.catalogue) { histories in
            try ranker.best(histories.map { RankingRequest(history: $0, exclusions: $0, count: 10) }).map { $0.map(\.item) }
        }
    }

    private static func rates(_ scoring: some ItemScoring, _ catalogue: ModelCatalogue) throws -> Rates {
        try rates(catalogue) { $0.map { scoring.best(after: $0, exclusions: $0, count: 10).map(\.item) } }
    }

    @Test func `It comes near to the planted model, far above the baselines, and rationales tell of rare items`() async throws {
        let began = ContinuousClock.now
        try await TrainingShop().inStage(Self.records) { stage in
            var with: [Rates] = [], without: [Rates] = []
            for seed in 1...2 as ClosedRange<UInt64> {
                let request = StartTrainingRequest(preset: "small", seed: seed)
                with.append(try await Self.rates(stage, request))
                var bare = request
                bare.withoutRationales = true
                without.append(try await Self.rates(stage, bare))
            }
            let corpus = try await TrialCorpus.read(stage.store, try await stage.store.split(1), .changed())
            let count = corpus.catalogue.count
            let popular = try Self.rates(Popularity(sequences: corpus.histories, itemCount: count), corpus.catalogue)
            let near = try Self.rates(ItemNeighbours(sequences: corpus.histories, itemCount: count), corpus.catalogue)
            func mean(_ rates: [Rates], _ part: (Rates) -> Double) -> Double { rates.map(part).reduce(0, +) / Double(rates.count) }
            let best = Self.truth.best.hitRate(2), all = mean(with, \.all)
            print("planted", best, "popularity", popular, "neighbours", near)
            for (a, b) in zip(with, without) { print("with", a, "without", b) }
            print("seconds", ContinuousClock.now - began)
            #expect(all > 0.7 * best)
        }
    }
}
