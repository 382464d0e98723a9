internal import Baselines
package import Wire

/// What answers where no model can, as of one moment: which items were taken near which, and how often each was. Immutable. Items are places of
/// the `ItemTable`; those that came later were never taken.
package struct FallbackTables: Sendable {
    /// Whose training part this is made of; nil where there was none, and all interactions count.
    package let split: Split?
    /// Interactions that it is made of.
    package let interactionCount: Int
    private let popularity: Popularity
    private let neighbours: ItemNeighbours

    struct Answer: Equatable {
        var source: Source
        var items: [Scored]
    }

    struct Scored: Equatable {
        var place: Int
        var score: Double
    }

    /// - Parameters:
    ///   - sequences: items of each user, oldest first.
    ///   - itemCount: items are 0 ..< this.
    init(split: Split?, _ sequences: [[Int]], itemCount: Int) {
        self.split = split
        interactionCount = sequences.reduce(0) { $0 + $1.count }
        popularity = Popularity(sequences: sequences, itemCount: itemCount)
        neighbours = ItemNeighbours(sequences: sequences, itemCount: itemCount)
    }

    /// The nearest to the history, behind them the most taken; where nothing near it is known all go by how often they were taken. What came later
    /// is last.
    func best(_ choice: ItemChoice, history: [Int], count: Int) -> Answer {
        let itemCount = popularity.itemCount, history = history.filter { $0 < itemCount }
        let isNear = neighbours.knowsNeighbours(of: history), scoring: any ItemScoring = isNear ? neighbours : popularity
        let best = scoring.best(
            after: history, candidates: choice.only.map { $0.filter { $0 < itemCount } }.map(Array.init),
            exclusions: choice.excluded.filter { $0 < itemCount }, count: count)
        var items = best.map { Scored(place: $0.item, score: $0.score) }
        let later = choice.only.map { $0.filter { $0 >= itemCount }.sorted() } ?? Array(itemCount..<max(itemCount, choice.total))
        items += later.lazy.filter { !choice.excluded.contains($0) }.prefix(count - items.count).map { Scored(place: $0, score: 0) }
        return Answer(source: isNear && !items.isEmpty ? .itemNeighbours : .popularity, items: items)
    }
}

/// Which items a request allows.
struct ItemChoice: Sendable {
    /// Of the table.
    var total: Int
    /// To choose from; all where nil.
    var only: Set<Int>?
    var excluded: Set<Int>

    func allows(_ place: Int) -> Bool { !excluded.contains(place) && (only?.contains(place) ?? true) }
}
