import Store
import Student
import T5Model
import Testing
import Wire

/// RDRec's own form, with each indexing.
@Suite(.timeLimit(.minutes(3)))
struct PaperTests {
    @Test(arguments: ["collaborative", "digits-random", "digits-in-order"])
    func `It trains a few steps, and ranks and writes as a version`(indexing: String) async throws {
        let shop = TrainingShop(users: 12, rings: 2, ringCount: 6)
        try await shop.inStage { stage in
            let made = try await stage.version(
                StartTrainingRequest(preset: "paper", maxEpochs: 1, indexing: indexing, tokensPerStep: 2_048))
            #expect(made.formulation == "paper" && made.indexing == indexing && made.leaksTestOrder == (indexing == "digits-in-order"))
            for name in ["loss/training", "validation/hr@10", "validation/ndcg@10"] {
                #expect(made.metrics[name]?.isFinite == true, "\(name): \(made.metrics)")
            }
            let loaded = try stage.load(made.version), ranker = try loaded.makeRanker()
            #expect(loaded.catalogue.count == 12)
            let requests = [
                RankingRequest(user: UserContext(id: "user-0", preferences: []), history: [0, 1, 2], exclusions: [0, 1, 2], count: 5),
                RankingRequest(history: [3], candidates: [1, 5, 7], count: 10), RankingRequest(history: [], count: .max),
            ]
            let ranked = try ranker.best(requests)
            #expect(ranked.map(\.count) == [5, 3, 12])
            #expect(Set(ranked[0].map(\.item)).isDisjoint(with: [0, 1, 2]) && Set(ranked[1].map(\.item)) == [1, 5, 7])
            for items in ranked { #expect(items.map(\.score) == items.map(\.score).sorted(by: >)) }
            // Who asks makes a difference: users have identifiers.
            var other = requests[0]
            other.user?.id = "user-5"
            #expect(try ranker.best([other])[0].map(\.score) != ranked[0].map(\.score))
            let texts = try loaded.makeWriter().write(
                [ExplanationRequest(user: UserContext(id: "user-0", preferences: []), history: [0], item: 4)], shouldStop: { false })
            #expect(texts?.count == 1)
            // A training may go on from it with a token an item: rows of another indexing are no items'.
            let next = try await stage.version(TrainingStage.request(epochs: 1) { $0.initialCheckpoint = made.version })
            #expect(next.indexing == "atomic" && next.parameterCount > 0)
            #expect((loaded.itemNumbers != nil) == indexing.hasPrefix("digits"))
            if let numbers = loaded.itemNumbers {
                #expect(Set(numbers).count == 12 && numbers.allSatisfy { $0 >= (indexing == "digits-random" ? 1_001 : 1) })
            }
        }
    }
}
