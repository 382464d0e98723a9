/// A simple recommender, over items that are numbered 0 ..< `itemCount`: what every result is compared with, and what serving falls back on.
///
/// Made of training sequences alone. Immutable, so that any number of threads may ask at a time.
package protocol ItemScoring: Sendable {
    var itemCount: Int { get }

    /// The score of each item to be next; the higher, the better. Scores are finite, and their scale is the recommender's own.
    /// - Parameters:
    ///   - history: a user's items, oldest first; may be empty.
    ///   - scores: of `itemCount` numbers, all of which are set.
    func score(after history: [Int], into scores: inout [Double])
}

extension ItemScoring {
    package func scores(after history: [Int]) -> [Double] {
        var scores = [Double](repeating: 0, count: itemCount)
        score(after: history, into: &scores)
        return scores
    }

    /// The best items, best first.
    ///
    /// Items of one score come in the order of a mix of their numbers (`TieOrder`): always the same, and in no relation to the numbers' own order,
    /// which may be that of coming.
    /// - Parameters:
    ///   - candidates: to choose from, in any order; all items where nil. One that comes twice counts once.
    ///   - exclusions: not to be among them, candidates or not.
    ///   - count: at most so many.
    package func best(
        after history: [Int], candidates: [Int]? = nil, exclusions: some Sequence<Int> = [], count: Int
    ) -> [(item: Int, score: Double)] {
        var isOpen = [Bool](repeating: candidates == nil, count: itemCount)
        for item in candidates ?? [] { isOpen[item] = true }
        for item in exclusions { isOpen[item] = false }
        return BestItems.of(scores(after: history), count: count) { isOpen[$0] }
    }
}
