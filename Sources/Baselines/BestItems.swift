/// The order among items of one score.
package enum TieOrder {
    /// The finaliser of SplitMix64 (Steele et al., 2014), a bijection: no two items have the same key.
    package static func key(_ item: Int) -> UInt64 {
        var z = UInt64(bitPattern: Int64(item)) &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Keeps the best of many items: a heap of at most `count`, the worst of them on top.
package struct BestItems {
    private struct Entry {
        let item: Int
        let score: Double
        let key: UInt64

        func isBetter(than other: Entry) -> Bool { score != other.score ? score > other.score : key < other.key }
    }

    private let count: Int
    private var heap: [Entry] = []

    private init(count: Int) { self.count = count }

    /// The best items by their scores, best first; those of one score in `TieOrder`.
    /// - Parameters:
    ///   - count: at most so many.
    ///   - isAllowed: of an item's place in `scores`.
    package static func of(_ scores: [Double], count: Int, where isAllowed: (Int) -> Bool) -> [(item: Int, score: Double)] {
        var best = BestItems(count: count)
        for item in scores.indices where isAllowed(item) { best.offer(item, scores[item]) }
        return best.sorted
    }

    private mutating func offer(_ item: Int, _ score: Double) {
        if heap.count < count {
            heap.append(Entry(item: item, score: score, key: TieOrder.key(item)))
            rise(heap.count - 1)
        } else if count > 0, score >= heap[0].score {
            let entry = Entry(item: item, score: score, key: TieOrder.key(item))
            guard entry.isBetter(than: heap[0]) else { return }
            heap[0] = entry
            sink()
        }
    }

    /// Best first.
    private var sorted: [(item: Int, score: Double)] { heap.sorted { $0.isBetter(than: $1) }.map { ($0.item, $0.score) } }

    private mutating func rise(_ start: Int) {
        var at = start
        while at > 0, heap[(at - 1) / 2].isBetter(than: heap[at]) {
            heap.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    private mutating func sink() {
        var at = 0
        while true {
            var worst = at
            for child in [2 * at + 1, 2 * at + 2] where child < heap.count && heap[worst].isBetter(than: heap[child]) { worst = child }
            guard worst != at else { return }
            heap.swapAt(at, worst)
            at = worst
        }
    }
}
