package import Wire

/// What answers where no model can, as of one moment: how often items were taken, and with which others. Immutable. Items are places of the
/// `ItemTable`; those that came later count as never taken.
package struct FallbackTables: Sendable {
    /// Whose training part this is made of; nil where there was none, and all interactions count.
    package let split: Split?
    /// Interactions that it is made of.
    package let interactionCount: Int
    private let counts: [Int]
    /// The most taken first; of those taken as often the one that came first.
    private let popular: [Int]
    private let neighbours: any HistorySimilarity

    struct Answer: Equatable {
        var source: Source
        var items: [Scored]
    }

    struct Scored: Equatable {
        var place: Int
        var score: Double
    }

    init(split: Split?, counts: [Int], interactionCount: Int, neighbours: any HistorySimilarity) {
        self.split = split
        self.interactionCount = interactionCount
        self.counts = counts
        popular = counts.indices.sorted { (-counts[$0], $0) < (-counts[$1], $1) }
        self.neighbours = neighbours
    }

    private func taken(_ place: Int) -> Int { place < counts.count ? counts[place] : 0 }

    /// By their similarity to the history, best first; those that have none come behind, the most taken first, with a score of 0. Where none has any
    /// all go by how often they were taken.
    func best(_ choice: ItemChoice, history: [Int], count: Int) -> Answer {
        guard count > 0 else { return Answer(source: .popularity, items: []) }
        let similar = neighbours.similarities(to: history).filter { $0.value > 0 && choice.allows($0.key) }
        guard !similar.isEmpty else {
            let items = popular(choice, count) { _ in true }
            return Answer(source: .popularity, items: items.map { Scored(place: $0, score: Double(taken($0))) })
        }
        let order = similar.sorted { ($1.value, taken($1.key), $0.key) < ($0.value, taken($0.key), $1.key) }
        var items = order.prefix(count).map { Scored(place: $0.key, score: $0.value) }
        if items.count < count {
            items += popular(choice, count - items.count) { similar[$0] == nil }.map { Scored(place: $0, score: 0) }
        }
        return Answer(source: .itemNeighbours, items: items)
    }

    private func popular(_ choice: ItemChoice, _ count: Int, _ isWanted: (Int) -> Bool) -> [Int] {
        var places: [Int] = []
        func take(_ place: Int) -> Bool {
            if choice.allows(place), isWanted(place) { places.append(place) }
            return places.count < count
        }
        if let only = choice.only {
            for place in only.sorted(by: { (-taken($0), $0) < (-taken($1), $1) }) where !take(place) { break }
        } else {
            for place in popular where !take(place) { return places }
            for place in counts.count..<max(counts.count, choice.total) where !take(place) { break }
        }
        return places
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

/// How near items are to a history. Immutable.
protocol HistorySimilarity: Sendable {
    /// Above 0 where there is any; the others may be missing.
    func similarities(to history: [Int]) -> [Int: Double]
}
