internal import Wire

extension FallbackTables {
    /// - Parameters:
    ///   - sequences: items of each user, oldest first.
    ///   - itemCount: items are 0 ..< this.
    init(split: Split?, _ sequences: [[Int]], itemCount: Int) {
        var counts = [Int](repeating: 0, count: itemCount)
        for sequence in sequences { for item in sequence { counts[item] += 1 } }
        self.init(
            split: split, counts: counts, interactionCount: counts.reduce(0, +), neighbours: ItemPairs(sequences, itemCount: itemCount))
    }
}

/// Nothing is like anything: before any interaction.
struct NoSimilarity: HistorySimilarity {
    func similarities(to history: [Int]) -> [Int: Double] { [:] }
}

/// Items that the same users took: the cosine of their columns of users, c / √(n₁·n₂), where each user counts once.
struct ItemPairs: HistorySimilarity {
    private struct Neighbour: Sendable {
        var item: Int32
        var similarity: Float
    }

    private let neighbours: [[Neighbour]]

    /// Kept of an item's, the nearest.
    private static let mostNeighbours = 100
    /// A user's different items that are paired, the newest: pairs are the square of it.
    private static let mostPaired = 200
    /// Items of a history that count, the newest.
    private static let mostHistory = 50

    init(_ sequences: [[Int]], itemCount: Int) {
        var users = [Int32](repeating: 0, count: itemCount), lists = [[Int32]](repeating: [], count: itemCount)
        let baskets = sequences.map { sequence in
            var seen: Set<Int> = []
            return sequence.reversed().filter { seen.insert($0).inserted }.prefix(Self.mostPaired).map { Int32($0) }
        }
        for (number, basket) in baskets.enumerated() {
            for item in basket {
                users[Int(item)] += 1
                lists[Int(item)].append(Int32(number))
            }
        }
        // A row at a time, so that memory is one row's and not all pairs'.
        neighbours = (0..<itemCount).map { item in
            var shared: [Int32: Int32] = [:]
            for user in lists[item] { for other in baskets[Int(user)] where Int(other) != item { shared[other, default: 0] += 1 } }
            let row = shared.map { other, count in
                Neighbour(item: other, similarity: Float(count) / (Float(users[item]) * Float(users[Int(other)])).squareRoot())
            }
            return Array(row.sorted { ($1.similarity, $0.item) < ($0.similarity, $1.item) }.prefix(Self.mostNeighbours))
        }
    }

    func similarities(to history: [Int]) -> [Int: Double] {
        var sums: [Int: Double] = [:]
        for item in Set(history.suffix(Self.mostHistory)).sorted() where item < neighbours.count {
            for neighbour in neighbours[item] { sums[Int(neighbour.item), default: 0] += Double(neighbour.similarity) }
        }
        return sums
    }
}
