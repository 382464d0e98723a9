/// How figures were measured: no metric is shown without it.
package struct EvaluationProtocol: Codable, Sendable, Hashable {
    package enum SplitKind: String, Codable, Sendable {
        /// Each user's last item is the test's, the one before it the validation's.
        case leaveOneOut = "leave-one-out"
        /// Moments divide; of each user the first item of the part is the target.
        case globalTime = "global-time"
    }

    package enum Part: String, Codable, Sendable, CaseIterable {
        case validation, test
    }

    package var splitKind: SplitKind
    package var splitVersion: UInt64
    package var part: Part
    /// Items that were drawn beside each target; 0 where the whole catalogue was ranked.
    package var sampledNegatives: Int
    /// Of that draw; nil where none was made.
    package var negativesSeed: UInt64?
    /// Whether a user's items of before take no place in the ranking (the target always has one).
    package var seenItemsHidden: Bool
    package var cutoffs: [Int]
    /// Items that were ranked among.
    package var catalogueItems: Int
    package var usersTested: Int
    /// Of these, whose target the catalogue lacks: misses at any cutoff.
    package var targetsOutsideCatalogue: Int
    /// Of these, who had the target before: it stays in the ranking, though other seen items are hidden.
    package var repeatedTargets: Int
    /// With an item of the part, but not enough before it to be tested.
    package var usersNotTested: Int

    package init(
        splitKind: SplitKind, splitVersion: UInt64, part: Part, sampledNegatives: Int = 0, negativesSeed: UInt64? = nil,
        seenItemsHidden: Bool = true, cutoffs: [Int], catalogueItems: Int, usersTested: Int, targetsOutsideCatalogue: Int = 0,
        repeatedTargets: Int = 0, usersNotTested: Int = 0
    ) {
        self.splitKind = splitKind
        self.splitVersion = splitVersion
        self.part = part
        self.sampledNegatives = sampledNegatives
        self.negativesSeed = negativesSeed
        self.seenItemsHidden = seenItemsHidden
        self.cutoffs = cutoffs
        self.catalogueItems = catalogueItems
        self.usersTested = usersTested
        self.targetsOutsideCatalogue = targetsOutsideCatalogue
        self.repeatedTargets = repeatedTargets
        self.usersNotTested = usersNotTested
    }

    /// "test, leave-one-out, whole catalogue of 900 items, seen items hidden, 1429 users, split 3".
    package var summary: String {
        "\(part.rawValue), \(splitKind.rawValue), \(candidates) of \(catalogueItems) items, seen items "
            + "\(seenItemsHidden ? "hidden" : "shown"), \(usersTested) users, split \(splitVersion)"
    }

    /// What each target is ranked among.
    var candidates: String { sampledNegatives == 0 ? "whole catalogue" : "target and \(sampledNegatives) sampled negatives" }

    /// What the words mean, one a line.
    package var definitions: [String] {
        [
            splitKind == .leaveOneOut
                ? "Target: each user's last item (test) or the one before it (validation); history: all items before it."
                : "Target: each user's first item of the part; history: all items before it. Split by moments in time.",
            "HR@k: share of users whose target is among the first k. NDCG@k: 1 / log2(rank + 1) where it is, of one target a user. "
                + "MRR: mean of 1 / rank, 0 where the target is not ranked.",
            "Equal scores share their places: the middle one, rounded to the worse. ±: standard error of the mean over users.",
            "Coverage@k: share of the catalogue in anybody's first k.",
        ]
    }
}
