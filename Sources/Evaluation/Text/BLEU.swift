internal import Glibc

/// BLEU of a corpus (Papineni et al., 2002), in percent: n-gram counts are added up over all pairs, and one score is made of the sums.
///
/// `score` agrees with sacrebleu 2.6 (one reference, case kept, corpus level). `nmtScore` is tensorflow/nmt's, which POD and RDRec report: the
/// same without smoothing and by the tokeniser `none`.
package struct BLEU: Sendable {
    /// What an order without any match counts.
    package enum Smoothing: String, Sendable, CaseIterable {
        /// Nothing: the score is 0 then.
        case none
        /// The k-th such order counts 1 / 2^k of a match (NIST; sacrebleu's default).
        case exponential = "exp"
        /// A tenth of a match.
        case floor
        /// Each order but the first has one match and one n-gram more.
        case addOne = "add-k"
    }

    package struct Score: Sendable, Hashable {
        package let value: Double
        /// Of each order from 1 on, in percent, smoothed.
        package let precisions: [Double]
        package let brevityPenalty: Double
    }

    package let tokenizer: BLEUTokenizer
    /// Tokens in all.
    package private(set) var hypothesisLength = 0
    package private(set) var referenceLength = 0
    /// Of each order from 1 on: n-grams of the hypotheses that their references have, and all.
    package private(set) var matches: [Int]
    package private(set) var totals: [Int]

    /// - Parameter order: the longest n-grams to count, which is the highest order that can be scored.
    package init(_ pairs: some Sequence<TextPair>, _ tokenizer: BLEUTokenizer, order: Int = 4) {
        self.tokenizer = tokenizer
        matches = Array(repeating: 0, count: order)
        totals = matches
        for pair in pairs {
            var numbers = TokenNumbers()
            let hypothesis = numbers.of(tokenizer.tokens(pair.hypothesis)), reference = numbers.of(tokenizer.tokens(pair.reference))
            hypothesisLength += hypothesis.count
            referenceLength += reference.count
            for n in 1...order {
                matches[n - 1] += overlap(nGrams(hypothesis, n), nGrams(reference, n))
                totals[n - 1] += max(0, hypothesis.count - n + 1)
            }
        }
    }

    /// - Parameter order: BLEU-1, -2, … up to what was counted.
    package func score(order: Int, _ smoothing: Smoothing = .exponential) -> Score {
        let penalty = brevityPenalty
        var precisions = [Double](repeating: 0, count: order), halving = 1.0
        guard matches.prefix(order).contains(where: { $0 > 0 }) else {
            return Score(value: 0, precisions: precisions, brevityPenalty: penalty)
        }
        for n in 0..<order {
            let more = smoothing == .addOne && n > 0 ? 1.0 : 0
            let match = Double(matches[n]) + more, total = Double(totals[n]) + more
            // Orders behind the longest hypothesis count nothing at all.
            if total == 0 { break }
            if match > 0 {
                precisions[n] = 100 * match / total
            } else if smoothing == .exponential {
                halving *= 2
                precisions[n] = 100 / (halving * total)
            } else if smoothing == .floor {
                precisions[n] = 100 * 0.1 / total
            }
        }
        let hasAll = precisions.allSatisfy { $0 > 0 }
        let value = hasAll ? penalty * exp(precisions.reduce(0) { $0 + log($1) } / Double(order)) : 0
        return Score(value: value, precisions: precisions, brevityPenalty: penalty)
    }

    /// In percent; to be asked of the tokeniser `none`.
    package func nmtScore(order: Int) -> Double { score(order: order, .none).value }

    /// What hypotheses that are shorter than their references lose.
    private var brevityPenalty: Double {
        guard hypothesisLength < referenceLength else { return 1 }
        return hypothesisLength == 0 ? 0 : exp(1 - Double(referenceLength) / Double(hypothesisLength))
    }
}
