/// Adds up users' rankings: each metric's mean over all, the same by how often training saw the target, and what the lists cover.
package struct RankingTally: Sendable {
    private let metrics: [RankingMetric]
    private let cutoffs: [Int]
    private let buckets: TailBuckets
    private var all: [Estimating]
    private var tails: [[Estimating]]
    private var coverage: CatalogueCoverage

    /// - Parameters:
    ///   - cutoffs: k of each "first k": 1 or more, each once.
    ///   - isFull: whether rankings go to their end, so that the reciprocal rank needs no cutoff.
    ///   - items: in the catalogue.
    package init(cutoffs: [Int], isFull: Bool, items: Int, buckets: TailBuckets = TailBuckets()) {
        precondition(!cutoffs.isEmpty && cutoffs.allSatisfy { $0 > 0 } && Set(cutoffs).count == cutoffs.count, "cutoffs")
        self.cutoffs = cutoffs.sorted()
        self.buckets = buckets
        metrics =
            self.cutoffs.map { .hitRate($0) } + self.cutoffs.map { .ndcg($0) } + self.cutoffs.map { .reciprocalRank($0) }
            + (isFull ? [.fullReciprocalRank] : [])
        all = Array(repeating: Estimating(), count: metrics.count)
        tails = Array(repeating: all, count: buckets.count)
        coverage = CatalogueCoverage(items: items)
    }

    /// - Parameters:
    ///   - trainingCount: of the target.
    ///   - ranked: at least the largest cutoff's items, best first, where there are so many.
    package mutating func add(_ outcome: RankingOutcome, trainingCount: Int, ranked: some Sequence<Int>) {
        let bucket = buckets.bucket(of: trainingCount)
        for (index, metric) in metrics.enumerated() {
            let value = metric.value(outcome)
            all[index].add(value)
            tails[bucket][index].add(value)
        }
        coverage.add(ranked.prefix(cutoffs.last ?? 0))
    }

    package var result: RankingResult {
        RankingResult(
            metrics: estimates(all), coverage: Dictionary(uniqueKeysWithValues: cutoffs.map { ("coverage@\($0)", coverage.share($0)) }),
            tail: tails.indices.map { bucket in
                let metrics = estimates(tails[bucket])
                return RankingResult.Bucket(
                    trainingCount: buckets.name(bucket), users: metrics.values.first?.users ?? 0, metrics: metrics)
            })
    }

    private func estimates(_ estimating: [Estimating]) -> [String: Estimate] {
        var estimates: [String: Estimate] = [:]
        for (metric, value) in zip(metrics, estimating) { estimates[metric.name] = value.estimate }
        return estimates
    }
}

/// What a ranking is worth, over all users tested.
package struct RankingResult: Sendable, Hashable, Codable {
    /// Users whose target was taken so often in training.
    package struct Bucket: Sendable, Hashable, Codable {
        /// "1-5".
        package let trainingCount: String
        package let users: Int
        /// None for no users.
        package let metrics: [String: Estimate]
    }

    /// By their names: "hr@10", "ndcg@10", "mrr@10", "mrr", …
    package let metrics: [String: Estimate]
    /// "coverage@10": share of the catalogue in anybody's first 10.
    package let coverage: [String: Double]
    package let tail: [Bucket]
}
