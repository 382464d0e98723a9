internal import Foundation
internal import Kernels
internal import RationaleQuality
package import T5Model

/// The words in which items are told, and of each item how much each says: tf-idf over titles, categories and rationales.
///
/// The words are chosen once, at a training's beginning, from all that it may see then; what comes later is told in the same words.
package struct ContentWords: Codable, Sendable, Equatable {
    /// Stems.
    package let words: [String]
    /// Documents of a training: what the inverse frequency goes by, from the beginning to the end.
    private let inverseFrequencies: [Float]

    /// Words that more than one item has, the most frequent ones where there are too many.
    static let mostWords = 20_000
    /// Of an item, those that say most.
    static let mostOfItem = 128

    /// - Parameter documents: what is said of each item.
    package init(_ documents: [[String]]) {
        var counts: [String: Int] = [:]
        for document in documents { for word in Set(document) { counts[word, default: 0] += 1 } }
        let kept = counts.filter { $0.value > 1 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.mostWords)
        words = kept.map(\.key).sorted()
        let total = Double(max(documents.count, 1))
        inverseFrequencies = words.map { Float(log((1 + total) / (1 + Double(counts[$0] ?? 0))) + 1) }
    }

    package var count: Int { words.count }

    /// The items' content: each row of length 1, or empty.
    package func content(_ documents: [[String]]) -> ItemContent {
        ItemContent(SparseRows(columnCount: words.count, documents.map(row)))
    }

    /// Texts together in these words.
    package func weighted(_ texts: [String]) -> WeightedWords {
        WeightedWords(row(texts.flatMap { Words.contentStems(Words.all($0)) }))
    }

    /// tf-idf of length 1; empty where no word is known.
    private func row(_ document: [String]) -> [(column: Int32, value: Float)] {
        var counts: [Int32: Int] = [:]
        for word in document { if let place = place(word) { counts[place, default: 0] += 1 } }
        var row = counts.map { (column: $0.key, value: (1 + log(Float($0.value))) * inverseFrequencies[Int($0.key)]) }
        row.sort { ($1.value, $0.column) < ($0.value, $1.column) }
        row = Array(row.prefix(Self.mostOfItem))
        let length = row.reduce(0) { $0 + $1.value * $1.value }.squareRoot()
        row.sort { $0.column < $1.column }
        return row.map { (column: $0.column, value: $0.value / length) }
    }

    /// By binary search: words are sorted.
    private func place(_ word: String) -> Int32? {
        var low = 0, high = words.count
        while low < high {
            let middle = (low + high) / 2
            if words[middle] < word { low = middle + 1 } else { high = middle }
        }
        return low < words.count && words[low] == word ? Int32(low) : nil
    }

    /// What a corpus says of each item, as stems.
    /// - Parameter withReviews: what their reviews say too: for the choice of words, where rationales are yet to come.
    package static func documents(_ corpus: TrainingCorpus, withReviews: Bool = false) -> [[String]] {
        let catalogue = corpus.catalogue
        var documents = (0..<catalogue.count).map { item in
            Words.contentStems(Words.all(([catalogue.titles[item]] + catalogue.categories[item]).joined(separator: " ")))
        }
        for user in corpus.users {
            for step in user.steps {
                if withReviews, let review = corpus.reviews[step.interaction] {
                    documents[step.item] += Words.contentStems(Words.all(review))
                }
                guard let texts = corpus.rationales[step.interaction] else { continue }
                documents[step.item] += Words.contentStems(Words.all("\(texts.attributes) \(texts.preference)"))
            }
        }
        return documents
    }
}
