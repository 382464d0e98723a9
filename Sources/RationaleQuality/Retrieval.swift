internal import Glibc

/// How well a text of an item finds the item among others by their texts: what a rationale holds that only its item has.
///
/// One text of each item is held out and is the query; the item's other texts are its document. Documents are compared by the cosine of
/// TF-IDF vectors: tf = 1 + ln count, idf = ln((1 + N) / (1 + n)) + 1 over the N documents, of which n have the term.
package enum Retrieval {
    package struct Result: Sendable, Equatable {
        /// The mean of 1 / rank of the right item. Equal scores share their places.
        package let meanReciprocalRank: Double
        /// Share of queries that have the right item first.
        package let first: Double
        package let queries: Int
        /// Items to be told apart, the right one included.
        package let candidates: Int
        /// `meanReciprocalRank` of blind guessing.
        package var chance: Double { (1...candidates).reduce(0) { $0 + 1 / Double($1) } / Double(candidates) }
    }

    static let mostCandidates = 100

    /// - Parameter texts: An item's id and the terms of one text of it.
    /// - Returns: Nil where not two items have two texts.
    static func measure(_ texts: [(item: String, terms: [String])], seed: UInt64) -> Result? {
        var random = SplitMix64(seed: seed)
        var items: [(held: [String], document: [String])] = [], order: [String: [Int]] = [:], ids: [String] = []
        for (index, text) in texts.enumerated() {
            if order[text.item] == nil { ids.append(text.item) }
            order[text.item, default: []].append(index)
        }
        for id in ids {
            guard let places = order[id], places.count > 1 else { continue }
            let held = places[random.below(places.count)]
            items.append((texts[held].terms, places.filter { $0 != held }.flatMap { texts[$0].terms }))
        }
        guard items.count > 1 else { return nil }
        let vectors = Vectors(documents: items.map(\.document))
        let candidates = min(mostCandidates, items.count)
        var sum = 0.0, first = 0
        for (item, texts) in items.enumerated() {
            let query = vectors.vector(of: texts.held), own = vectors.cosine(query, item)
            var better = 0, equal = 0
            for other in random.sample(candidates - 1, of: items.count, without: item) {
                let score = vectors.cosine(query, other)
                if score > own { better += 1 } else if score == own { equal += 1 }
            }
            sum += 1 / (1 + Double(better) + Double(equal) / 2)
            if better + equal == 0 { first += 1 }
        }
        let count = Double(items.count)
        return Result(meanReciprocalRank: sum / count, first: Double(first) / count, queries: items.count, candidates: candidates)
    }
}

/// Documents as TF-IDF vectors of length 1.
private struct Vectors {
    private var idf: [String: Double] = [:]
    private var documents: [[String: Double]] = []

    init(documents: [[String]]) {
        var counts: [String: Int] = [:]
        for document in documents { for term in Set(document) { counts[term, default: 0] += 1 } }
        let all = Double(1 + documents.count)
        idf = counts.mapValues { log(all / Double(1 + $0)) + 1 }
        self.documents = documents.map { document in
            Dictionary(vector(of: document).map { ($0.term, $0.weight) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// Terms that no document has count for nothing. In a fixed order: sums must not differ from run to run.
    func vector(of terms: [String]) -> [(term: String, weight: Double)] {
        var counts: [String: Int] = [:]
        for term in terms { counts[term, default: 0] += 1 }
        let weights = counts.sorted { $0.key < $1.key }.compactMap { term, count in
            idf[term].map { (term: term, weight: (1 + log(Double(count))) * $0) }
        }
        let length = sqrt(weights.reduce(0) { $0 + $1.weight * $1.weight })
        return weights.map { ($0.term, $0.weight / length) }
    }

    func cosine(_ query: [(term: String, weight: Double)], _ document: Int) -> Double {
        query.reduce(0) { $0 + $1.weight * (documents[document][$1.term] ?? 0) }
    }
}

/// The same numbers from the same seed on every machine.
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// So many different numbers below `bound`, in no order, and not `excluded`.
    mutating func sample(_ count: Int, of bound: Int, without excluded: Int) -> Set<Int> {
        if count == bound - 1 { return Set(0..<bound).subtracting([excluded]) }
        var sample: Set<Int> = []
        while sample.count < count {
            let number = below(bound)
            if number != excluded { sample.insert(number) }
        }
        return sample
    }
}
