/// How well a ranking does when each customer's last purchase is to be found among all that they have not bought. In whole numbers:
/// a sum of logarithms would differ by machine.
package struct RankingScore: Sendable, Hashable {
    private var users = 0
    private var hits = [0, 0, 0]
    private var gain = 0

    /// Of hit rates.
    package static let cutoffs = [1, 5, 10]
    /// 10^9 / log2(rank + 2), for ranks from 0.
    private static let gains = [
        1_000_000_000, 630_929_754, 500_000_000, 430_676_558, 386_852_807, 356_207_187, 333_333_333, 315_464_877, 301_029_996, 289_064_826,
    ]

    package init() {}

    /// - Parameter rank: of the last purchase, from 0.
    package mutating func add(rank: Int) {
        users += 1
        for (index, cutoff) in Self.cutoffs.enumerated() where rank < cutoff { hits[index] += 1 }
        if rank < Self.gains.count { gain += Self.gains[rank] }
    }

    /// Share of customers whose last purchase is among the first.
    /// - Parameter index: in ``cutoffs``.
    package func hitRate(_ index: Int) -> Double { users == 0 ? 0 : Double(hits[index]) / Double(users) }
    /// Normalised discounted cumulative gain of the first ten, to six places.
    package var gainOfTen: Double { users == 0 ? 0 : Double(gain / users / 1_000) / 1e6 }

    var json: String {
        let rates = Self.cutoffs.enumerated().map { "\"hr@\($1)\":\(hitRate($0))" }
        return "{\((rates + ["\"ndcg@10\":\(gainOfTen)"]).joined(separator: ","))}"
    }
}
