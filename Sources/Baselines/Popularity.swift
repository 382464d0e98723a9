/// Items by how often training saw them taken, whoever asks.
package struct Popularity: ItemScoring {
    /// Of each item.
    package let counts: [Int]

    package var itemCount: Int { counts.count }

    package init(counts: [Int]) { self.counts = counts }

    /// - Parameter sequences: of items 0 ..< `itemCount`, of training alone.
    package init(sequences: some Sequence<[Int]>, itemCount: Int) {
        var counts = [Int](repeating: 0, count: itemCount)
        for sequence in sequences { for item in sequence { counts[item] += 1 } }
        self.counts = counts
    }

    package func score(after history: [Int], into scores: inout [Double]) {
        for item in counts.indices { scores[item] = Double(counts[item]) }
    }
}
