import Evaluation
import Testing

@Suite struct RankingTests {
    @Test func `Equal scores share their places, the worse where the middle is between two`() {
        #expect(ExpectedRank.of(better: 0, tied: 0) == 1)
        #expect(ExpectedRank.of(better: 3, tied: 0) == 4)
        #expect(ExpectedRank.of(better: 0, tied: 1) == 2)
        #expect(ExpectedRank.of(better: 0, tied: 2) == 2)
        #expect(ExpectedRank.of(better: 2, tied: 3) == 5)
        // Ten items that nothing tells apart: each is in the middle, whichever it is.
        let scores = [Double](repeating: 0.5, count: 10)
        for item in 0..<10 { #expect(ExpectedRank.of(item, in: scores) { _ in true } == 6) }
    }

    @Test func `What is not allowed takes no place; the target always has one`() {
        let scores = [0.9, 0.8, 0.7, 0.7, 0.1]
        #expect(ExpectedRank.of(2, in: scores) { _ in true } == 4)
        #expect(ExpectedRank.of(2, in: scores) { $0 > 1 } == 2)
        #expect(ExpectedRank.of(2, in: scores) { $0 != 2 && $0 != 3 } == 3)
        #expect(ExpectedRank.of(4, in: scores) { _ in false } == 1)
    }

    @Test func `The rank is the same whatever the items' order`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let scores = (0..<Int.random(in: 1...30, using: &random)).map { _ in Double(Int.random(in: 0..<5, using: &random)) }
            let order = scores.indices.shuffled(using: &random), target = Int.random(in: 0..<scores.count, using: &random)
            let rank = ExpectedRank.of(target, in: scores) { _ in true }
            let shuffled = order.map { scores[$0] }
            #expect(ExpectedRank.of(order.firstIndex(of: target) ?? -1, in: shuffled) { _ in true } == rank)
            #expect(ExpectedRank.of(target, in: zip(scores.indices, scores).sorted { $0.1 > $1.1 }.map { ($0, $1) }) == rank)
        }
    }

    @Test func `Ties give chance no more than its due`() {
        // Over all items as targets, a ranking that tells only groups apart finds the first k, but for half a group.
        for groups in [1, 2, 5, 25, 50] {
            let scores = (0..<50).map { Double($0 % groups) }
            let ranks = (0..<50).map { target in ExpectedRank.of(target, in: scores) { _ in true } }
            for k in [1, 5, 10] { #expect(ranks.count { $0 <= k } <= k + 50 / groups / 2) }
            #expect(ranks.reduce(0, +) >= 50 * 51 / 2)
        }
    }

    @Test func `With one item taken recall, RDRec's hit ratio and the hit rate are one, and both NDCG`() {
        for rank in [nil, 1, 2, 5, 10, 11, 400] {
            let outcome = RankingOutcome(rank: rank)
            for k in [1, 5, 10] {
                #expect(RankingMetric.hitRate(k).value(outcome) == RankingMetric.recall(k).value(outcome))
                #expect(RankingMetric.hitRate(k).value(outcome) == RankingMetric.rdrecHitRatio(k).value(outcome))
                #expect(RankingMetric.ndcg(k).value(outcome) == RankingMetric.rdrecNDCG(k).value(outcome))
                #expect(RankingMetric.hitRate(k).value(outcome) == (rank.map { $0 <= k } == true ? 1 : 0))
            }
            #expect(RankingMetric.fullReciprocalRank.value(outcome) == (rank.map { 1 / Double($0) } ?? 0))
        }
    }

    @Test func `Figures rise with the cutoff, and are shares`() {
        for _ in 0..<300 {
            let ranked = Array((0..<40).shuffled().prefix(.random(in: 0...40)))
            let outcome = RankingOutcome(ranked: ranked, relevant: Set((0..<40).shuffled().prefix(.random(in: 1...6))))
            for metric in [RankingMetric.hitRate, RankingMetric.recall, RankingMetric.reciprocalRank] {
                let values = [1, 2, 5, 10, 40].map { metric($0).value(outcome) }
                #expect(values == values.sorted() && values.allSatisfy { (0...1).contains($0) })
            }
            for k in [1, 5, 40] {
                let ndcg = RankingMetric.ndcg(k).value(outcome)
                #expect(ndcg >= 0 && ndcg <= 1 + 1e-12 && RankingMetric.rdrecNDCG(k).value(outcome) >= ndcg - 1e-12)
            }
        }
    }

    @Test func `Rare targets are told apart`() {
        let buckets = TailBuckets()
        #expect((0..<buckets.count).map { buckets.name($0) } == ["0", "1-5", "6-20", "21+"])
        #expect([0, 1, 5, 6, 20, 21, 1_000].map { buckets.bucket(of: $0) } == [0, 1, 1, 2, 2, 3, 3])
        let others = TailBuckets(lasts: [3, 4])
        #expect((0..<others.count).map { others.name($0) } == ["0-3", "4", "5+"])
        #expect(TailBuckets(lasts: []).name(0) == "0+")
    }

    @Test func `A tally has each mean, its error, the buckets and what is covered`() throws {
        var tally = RankingTally(cutoffs: [10, 1], isFull: true, items: 8)
        tally.add(RankingOutcome(rank: 1), trainingCount: 30, ranked: [0, 1, 2])
        tally.add(RankingOutcome(rank: 4), trainingCount: 0, ranked: [0, 3])
        tally.add(RankingOutcome(rank: nil), trainingCount: 0, ranked: [1])
        let result = tally.result
        #expect(Set(result.metrics.keys) == ["hr@1", "hr@10", "ndcg@1", "ndcg@10", "mrr@1", "mrr@10", "mrr"])
        let hit = try #require(result.metrics["hr@10"])
        #expect(hit.users == 3 && isClose(hit.mean, 2.0 / 3))
        #expect(isClose(try #require(hit.standardError), (1.0 / 3 / 3).squareRoot()))
        #expect(isClose(try #require(result.metrics["mrr"]).mean, 1.25 / 3))
        #expect(result.coverage == ["coverage@1": 2.0 / 8, "coverage@10": 4.0 / 8])
        #expect(result.tail.map(\.trainingCount) == ["0", "1-5", "6-20", "21+"] && result.tail.map(\.users) == [2, 0, 0, 1])
        #expect(result.tail[0].metrics["hr@10"]?.mean == 0.5 && result.tail[1].metrics.isEmpty)
        #expect(result.tail[3].metrics["hr@1"] == Estimate(mean: 1, standardError: nil, users: 1))
    }

    @Test func `Without users there is nothing to tell, and nothing breaks`() {
        let result = RankingTally(cutoffs: [5], isFull: false, items: 0).result
        #expect(result.metrics.isEmpty && result.coverage == ["coverage@5": 0] && result.tail.allSatisfy { $0.users == 0 })
    }
}
