internal import Glibc

/// A figure of one user's ranking. All are from 0 to 1, and the greater the better.
package enum RankingMetric: Sendable, Hashable {
    /// 1 where at least one item taken is among the first k: HR@k as the field reports it ("hit rate", "success").
    case hitRate(Int)
    /// Share of the items taken that are among the first k.
    case recall(Int)
    /// Normalised discounted cumulative gain: gain 1, discount 1 / log2(rank + 1), over the ideal of min(relevant, k) hits.
    case ndcg(Int)
    /// 1 / rank of the first hit, where that is among the first k.
    case reciprocalRank(Int)
    /// The same without a cutoff: for rankings of the whole catalogue.
    case fullReciprocalRank
    /// What RDRec's code (as POD's) calls hit ratio: hits over relevant items, which is recall. With one item taken a user it is HR@k.
    case rdrecHitRatio(Int)
    /// What RDRec's code calls NDCG: over the ideal of the hits *found*, so that items that were missed cost nothing. With one item taken a
    /// user it is NDCG@k.
    case rdrecNDCG(Int)

    /// "hr@10", "mrr", "rdrec_ndcg@10", …
    package var name: String {
        switch self {
        case .hitRate(let k): "hr@\(k)"
        case .recall(let k): "recall@\(k)"
        case .ndcg(let k): "ndcg@\(k)"
        case .reciprocalRank(let k): "mrr@\(k)"
        case .fullReciprocalRank: "mrr"
        case .rdrecHitRatio(let k): "rdrec_hr@\(k)"
        case .rdrecNDCG(let k): "rdrec_ndcg@\(k)"
        }
    }

    package func value(_ outcome: RankingOutcome) -> Double {
        switch self {
        case .hitRate(let k): outcome.hitCount(k) > 0 ? 1 : 0
        case .recall(let k), .rdrecHitRatio(let k): Double(outcome.hitCount(k)) / Double(outcome.relevant)
        case .ndcg(let k): Self.gain(outcome, k) / Self.ideal(min(outcome.relevant, k))
        case .reciprocalRank(let k): outcome.hits.first.map { $0 <= k ? 1 / Double($0) : 0 } ?? 0
        case .fullReciprocalRank: outcome.hits.first.map { 1 / Double($0) } ?? 0
        case .rdrecNDCG(let k):
            outcome.hitCount(k) == 0 ? 0 : Self.gain(outcome, k) / Self.ideal(outcome.hitCount(k))
        }
    }

    private static func gain(_ outcome: RankingOutcome, _ cutoff: Int) -> Double {
        outcome.hits.reduce(0) { $1 <= cutoff ? $0 + discount($1) : $0 }
    }

    private static func ideal(_ hits: Int) -> Double { (1...hits).reduce(0) { $0 + discount($1) } }

    private static func discount(_ rank: Int) -> Double { 1 / log2(Double(rank + 1)) }
}
