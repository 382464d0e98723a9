/// Items that were taken near those that the user took last: the cosine of co-occurrence.
///
///     score(j) = sum over the last `lastItems` items i of the history, d = 0 for the newest:
///                decay^d * n(i, j) / sqrt(p(i) * p(j) + 1e-9)   + 1e-9 * p(j)
///
/// n(i, j) is how often i and j are at most `window` places apart in a training sequence, from each of i's places, and p how often an item was
/// taken. The last term orders by popularity what has no neighbour, and what an empty history leaves.
///
/// Neighbours are kept as sorted rows of item and count, 8 bytes each: some 30 MB for 200,000 interactions of 12,000 items. A score costs the
/// rows of `lastItems` items, and one pass over all.
package struct ItemNeighbours: ItemScoring {
    package struct Options: Sendable, Hashable {
        /// Places to either side.
        package var window = 10
        /// Of the history, which the score is made of.
        package var lastItems = 5
        /// From each item of the history to the one before it.
        package var decay = 0.7

        package init() {}
    }

    private let options: Options
    private let popularity: [Double]
    /// Where each item's row begins; one more at the end.
    private let rowStarts: [Int]
    private let neighbours: [Int32]
    private let counts: [Int32]

    package var itemCount: Int { popularity.count }

    /// - Parameter sequences: of items 0 ..< `itemCount`, each user's oldest first, of training alone.
    package init(sequences: [[Int]], itemCount: Int, options: Options = Options()) {
        self.options = options
        let places = Places(sequences, itemCount: itemCount)
        var popularity = [Double](repeating: 0, count: itemCount), rowStarts = [0]
        var neighbours: [Int32] = [], counts: [Int32] = []
        // A row at a time: counts of one item are all that is not yet in its place.
        var together = [Int32](repeating: 0, count: itemCount), touched: [Int] = []
        for item in 0..<itemCount {
            let own = places.of(item)
            popularity[item] = Double(own.count)
            for place in own {
                let sequence = sequences[place.sequence]
                for other in max(0, place.position - options.window)..<min(sequence.count, place.position + options.window + 1)
                where other != place.position {
                    let neighbour = sequence[other]
                    if together[neighbour] == 0 { touched.append(neighbour) }
                    together[neighbour] += 1
                }
            }
            touched.sort()
            for neighbour in touched {
                neighbours.append(Int32(neighbour))
                counts.append(together[neighbour])
                together[neighbour] = 0
            }
            touched.removeAll(keepingCapacity: true)
            rowStarts.append(neighbours.count)
        }
        self.popularity = popularity
        self.rowStarts = rowStarts
        self.neighbours = neighbours
        self.counts = counts
    }

    package func score(after history: [Int], into scores: inout [Double]) {
        for item in popularity.indices { scores[item] = 0 }
        var weight = 1.0
        for item in history.suffix(options.lastItems).reversed() {
            for entry in rowStarts[item]..<rowStarts[item + 1] {
                let neighbour = Int(neighbours[entry])
                scores[neighbour] +=
                    weight * Double(counts[entry]) / (popularity[item] * popularity[neighbour] + 1e-9).squareRoot()
            }
            weight *= options.decay
        }
        for item in popularity.indices { scores[item] += popularity[item] * 1e-9 }
    }

    /// Whether anything is known of what is near the items that the score would be made of: where not, it is popularity alone.
    package func knowsNeighbours(of history: [Int]) -> Bool {
        history.suffix(options.lastItems).contains { rowStarts[$0] < rowStarts[$0 + 1] }
    }
}

/// Where each item stands in the sequences: by item, in the order of the sequences.
private struct Places {
    struct Place {
        let sequence: Int
        let position: Int
    }

    private let starts: [Int]
    private let all: [Place]

    init(_ sequences: [[Int]], itemCount: Int) {
        var starts = [Int](repeating: 0, count: itemCount + 1)
        for sequence in sequences { for item in sequence { starts[item + 1] += 1 } }
        for item in 0..<itemCount { starts[item + 1] += starts[item] }
        var next = starts
        var all = [Place](repeating: Place(sequence: 0, position: 0), count: starts[itemCount])
        for (number, sequence) in sequences.enumerated() {
            for (position, item) in sequence.enumerated() {
                all[next[item]] = Place(sequence: number, position: position)
                next[item] += 1
            }
        }
        self.starts = starts
        self.all = all
    }

    func of(_ item: Int) -> ArraySlice<Place> { all[starts[item]..<starts[item + 1]] }
}
