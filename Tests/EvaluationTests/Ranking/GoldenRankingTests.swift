import Evaluation
import Testing

/// Every number of the golden ranking file.
@Suite struct GoldenRankingTests {
    /// The metric of each name in the file.
    static let metrics: [RankingMetric] =
        [1, 5, 10, 20].flatMap { k in
            [.hitRate(k), .recall(k), .ndcg(k), .reciprocalRank(k), .rdrecHitRatio(k), .rdrecNDCG(k)] as [RankingMetric]
        }

    @Test func `Each user's figures and their means`() throws {
        let golden = try Golden.ranking()
        let outcomes = golden.users.map { RankingOutcome(ranked: $0.ranked, relevant: Set($0.relevant)) }
        let perUser = golden.per_user.merging(golden.per_user_by_formula_only) { first, _ in first }
        let means = golden.mean.merging(golden.mean_by_formula_only) { first, _ in first }
        #expect(perUser.count == Self.metrics.count && Set(perUser.keys) == Set(means.keys))
        for metric in Self.metrics {
            let values = outcomes.map { metric.value($0) }, expected = try #require(perUser[metric.name])
            for (user, (value, golden)) in zip(values, expected).enumerated() {
                #expect(isClose(value, golden), "\(metric.name) of user \(user + 1)")
            }
            var estimating = Estimating()
            for value in values { estimating.add(value) }
            let mean = try #require(estimating.estimate).mean
            #expect(isClose(mean, try #require(means[metric.name])), "\(metric.name)")
            if let other = golden.mean_by_ir_measures[metric.name] { #expect(isClose(mean, other), "\(metric.name) by ir-measures") }
        }
    }

    @Test func `What the lists cover`() throws {
        let golden = try Golden.ranking()
        // The file's items begin at 1.
        var coverage = CatalogueCoverage(items: golden.items_in_catalogue)
        for user in golden.users { coverage.add(user.ranked.map { $0 - 1 }) }
        #expect(golden.coverage.count == 4)
        for (name, share) in golden.coverage {
            #expect(isClose(coverage.share(try #require(Int(name.dropFirst("coverage@".count)))), share), "\(name)")
        }
    }

    @Test func `A rank in a list by its scores is the place in the list`() throws {
        for user in try Golden.ranking().users {
            let list = zip(user.ranked, user.scores).map { (item: $0, score: $1) }
            for (place, item) in user.ranked.enumerated() { #expect(ExpectedRank.of(item, in: list) == place + 1) }
            #expect(ExpectedRank.of(0, in: list) == nil)
        }
    }
}
