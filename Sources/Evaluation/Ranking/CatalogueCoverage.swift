/// Share of the catalogue that is in anybody's first k: how much of the shop a ranking shows at all.
package struct CatalogueCoverage: Sendable {
    /// The best place that each item has had in anybody's list; `Int.max` for none.
    private var best: [Int]

    /// - Parameter items: in the catalogue; lists hold 0 ..< items.
    package init(items: Int) { best = Array(repeating: .max, count: items) }

    /// - Parameter ranked: one user's list, best first.
    package mutating func add(_ ranked: some Sequence<Int>) {
        for (place, item) in ranked.enumerated() { best[item] = min(best[item], place) }
    }

    /// 0 for an empty catalogue.
    package func share(_ cutoff: Int) -> Double { best.isEmpty ? 0 : Double(best.count { $0 < cutoff }) / Double(best.count) }
}
