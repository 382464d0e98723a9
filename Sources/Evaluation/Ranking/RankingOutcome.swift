/// Where the items that a user took stand in a ranking of items: what all ranking metrics are made of.
package struct RankingOutcome: Sendable, Hashable {
    /// Places of those that are in the ranking, from 1, rising.
    package let hits: [Int]
    /// How many there are to be found, in the ranking or not: 1 or more.
    package let relevant: Int

    /// Of one item, as leave-one-out has it.
    /// - Parameter rank: from 1; nil where the item is not ranked at all.
    package init(rank: Int?) {
        precondition(rank ?? 1 > 0, "ranks begin at 1")
        hits = rank.map { [$0] } ?? []
        relevant = 1
    }

    /// Of several.
    /// - Parameter ranked: best first, each item once.
    package init(ranked: [Int], relevant: Set<Int>) {
        precondition(!relevant.isEmpty, "nothing is to be found")
        hits = ranked.indices.filter { relevant.contains(ranked[$0]) }.map { $0 + 1 }
        self.relevant = relevant.count
    }

    func hitCount(_ cutoff: Int) -> Int { hits.count { $0 <= cutoff } }
}

/// The expected place of one item among others by their scores.
///
/// Equal scores share their places: the item gets the middle of them, and where that is between two, the worse. A ranking that tells nothing
/// apart so gives every item the middle place, and is worth nothing at small cutoffs; neither the items' ids nor the order in which they are
/// stored can make a hit.
package enum ExpectedRank {
    /// - Parameters:
    ///   - better: others with a higher score.
    ///   - tied: others with the same.
    /// - Returns: from 1.
    package static func of(better: Int, tied: Int) -> Int { 1 + better + (tied + 1) / 2 }

    /// - Parameters:
    ///   - scores: of each item, in any order; the target's among them or not. No NaN.
    ///   - isAllowed: of an item's place in `scores`; the target itself is always counted as allowed.
    package static func of(_ target: Int, in scores: [Double], where isAllowed: (Int) -> Bool) -> Int {
        let own = scores[target]
        var better = 0, tied = 0
        for (item, score) in scores.enumerated() where score >= own && item != target && isAllowed(item) {
            if score > own { better += 1 } else { tied += 1 }
        }
        return of(better: better, tied: tied)
    }

    /// Of an item in a list, best first.
    /// - Returns: nil where it is not in the list.
    package static func of(_ target: Int, in ranked: [(item: Int, score: Double)]) -> Int? {
        guard let own = ranked.first(where: { $0.item == target })?.score else { return nil }
        let better = ranked.count { $0.score > own }, equal = ranked.count { $0.score == own }
        return of(better: better, tied: equal - 1)
    }
}
