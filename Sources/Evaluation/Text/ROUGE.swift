internal import Stemming

/// ROUGE (Lin, 2004) of single texts, and its mean over pairs.
///
/// Two are in use that differ much, and a table has to say which it prints: Google's rouge-score 0.1.2 (`rougeScore`), and the script of
/// tensorflow/nmt that POD and RDRec report by (`nmt`).
package enum ROUGE: Sendable, Hashable {
    /// Words are runs of a to z and 0 to 9 in lower case; counts of n-grams.
    /// - Parameter stemming: words of more than three letters by their stems, as NLTK's Porter has them.
    case rougeScore(stemming: Bool)
    /// Words are what blanks divide, case kept; *sets* of n-grams; an F of its own for L.
    case nmt

    /// Shares from 0 to 1.
    package struct Score: Sendable, Hashable {
        package var precision = 0.0
        package var recall = 0.0
        package var f = 0.0
    }

    package enum Measure: String, Sendable, CaseIterable {
        /// Single words, and pairs of neighbours.
        case one = "rouge1", two = "rouge2"
        /// The longest common subsequence of the whole texts.
        case longest = "rougeL"
    }

    /// As a table names it.
    package var name: String {
        switch self {
        case .rougeScore(let stemming): "rouge-score\(stemming ? ", stemmed" : "")"
        case .nmt: "tensorflow/nmt"
        }
    }

    package func score(_ pair: TextPair) -> [Measure: Score] {
        var numbers = TokenNumbers()
        let hypothesis = numbers.of(tokens(pair.hypothesis)), reference = numbers.of(tokens(pair.reference))
        var scores: [Measure: Score] = [:]
        for (measure, order) in [(Measure.one, 1), (.two, 2)] { scores[measure] = nGramScore(hypothesis, reference, order) }
        scores[.longest] = longestScore(hypothesis, reference)
        return scores
    }

    /// The means over pairs. nmt's cannot take an empty hypothesis: those are left out.
    /// - Returns: nil where no pair is left.
    package func mean(_ pairs: some Sequence<TextPair>) -> (scores: [Measure: Score], pairs: Int)? {
        var sums: [Measure: Score] = [:], count = 0
        for pair in pairs where self != .nmt || !pair.hypothesis.isEmpty {
            count += 1
            for (measure, score) in score(pair) { sums[measure, default: Score()].add(score) }
        }
        return count == 0 ? nil : (sums.mapValues { $0.over(Double(count)) }, count)
    }

    package func tokens(_ text: String) -> [String] {
        switch self {
        // Without collapsing: two blanks have an empty word between them.
        case .nmt: return text.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false).map { String($0) }
        case .rougeScore(let stemming):
            let words = text.lowercased().utf8.split { !isWordByte($0) }.map { String(decoding: $0, as: UTF8.self) }
            return stemming ? words.map { $0.utf8.count > 3 ? PorterStemmer.stem($0, .nltk) : $0 } : words
        }
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    // MARK: One pair

    private func nGramScore(_ hypothesis: [Int], _ reference: [Int], _ order: Int) -> Score {
        var hypothesis = nGrams(hypothesis, order), reference = nGrams(reference, order)
        if self == .nmt { (hypothesis, reference) = (hypothesis.mapValues { _ in 1 }, reference.mapValues { _ in 1 }) }
        let shared = Double(overlap(hypothesis, reference))
        let written = hypothesis.values.reduce(0, +), wanted = reference.values.reduce(0, +)
        return score(precision: written == 0 ? 0 : shared / Double(written), recall: wanted == 0 ? 0 : shared / Double(wanted))
    }

    private func longestScore(_ hypothesis: [Int], _ reference: [Int]) -> Score {
        guard !hypothesis.isEmpty, !reference.isEmpty else { return Score() }
        let length = Double(longestCommonSubsequence(hypothesis, reference))
        let precision = length / Double(hypothesis.count), recall = length / Double(reference.count)
        guard self == .nmt else { return score(precision: precision, recall: recall) }
        // Its beta weighs recall by how far precision is above it.
        let beta = precision / (recall + 1e-12)
        let f = (1 + beta * beta) * recall * precision / (recall + beta * beta * precision + 1e-12)
        return Score(precision: precision, recall: recall, f: f)
    }

    private func score(precision: Double, recall: Double) -> Score {
        let sum = precision + recall + (self == .nmt ? 1e-8 : 0)
        return Score(precision: precision, recall: recall, f: sum == 0 ? 0 : 2 * precision * recall / sum)
    }
}

extension ROUGE.Score {
    fileprivate mutating func add(_ other: Self) {
        precision += other.precision
        recall += other.recall
        f += other.f
    }

    fileprivate func over(_ count: Double) -> Self { Self(precision: precision / count, recall: recall / count, f: f / count) }
}
