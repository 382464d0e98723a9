import Evaluation
import Testing

/// Every number of the golden text file.
@Suite struct GoldenTextTests {
    static func pairs(_ golden: Golden.Text) -> [TextPair] {
        golden.pairs.map { TextPair(hypothesis: $0.hypothesis, reference: $0.reference) }
    }

    @Test func `BLEU of each order, tokeniser and smoothing`() throws {
        let golden = try Golden.text(), pairs = Self.pairs(golden)
        var seen = 0
        for tokenizer in BLEUTokenizer.allCases {
            let bleu = BLEU(pairs, tokenizer)
            for smoothing in [BLEU.Smoothing.exponential, .none] {
                for order in [1, 2, 4] {
                    let name = "bleu\(order)_\(tokenizer.rawValue)_smooth_\(smoothing.rawValue)"
                    let expected = try #require(golden.bleu[name]), score = bleu.score(order: order, smoothing)
                    #expect(isClose(score.value, expected.score) && isClose(score.brevityPenalty, expected.brevity_penalty), "\(name)")
                    #expect(zip(score.precisions, expected.precisions).allSatisfy(isClose), "\(name)")
                    #expect(bleu.hypothesisLength == expected.hypothesis_length && bleu.referenceLength == expected.reference_length)
                    #expect(Array(bleu.matches.prefix(order)) == expected.counts && Array(bleu.totals.prefix(order)) == expected.totals)
                    seen += 1
                }
            }
        }
        #expect(seen == golden.bleu.count)
    }

    @Test func `BLEU where smoothing matters`() throws {
        let golden = try Golden.text(), few = golden.bleu_few, all = Self.pairs(golden)
        let pairs = few.pairs.map { all[$0] }
        for (tokenizer, expected) in [
            (
                BLEUTokenizer.mteval13a,
                [few.bleu4_13a_smooth_exp, few.bleu4_13a_smooth_none, few.bleu4_13a_smooth_floor, few.addOne13a]
            ), (.none, [few.bleu4_none_smooth_exp, few.bleu4_none_smooth_none, few.bleu4_none_smooth_floor, few.addOneNone]),
        ] {
            let bleu = BLEU(pairs, tokenizer)
            for (smoothing, score) in zip([BLEU.Smoothing.exponential, .none, .floor, .addOne], expected) {
                #expect(isClose(bleu.score(order: 4, smoothing).value, score), "\(tokenizer) \(smoothing)")
            }
        }
    }

    @Test func `Tokens of 13a and of rouge-score`() throws {
        let golden = try Golden.text()
        for (pair, (thirteen, rouge)) in zip(golden.pairs, zip(golden.tokens_13a, golden.tokens_rouge)) {
            #expect([pair.hypothesis, pair.reference].map { BLEUTokenizer.mteval13a.tokens($0) } == thirteen)
            #expect([pair.hypothesis, pair.reference].map { ROUGE.rougeScore(stemming: false).tokens($0) } == rouge)
        }
    }

    @Test func `rouge-score with and without stems`() throws {
        let golden = try Golden.text(), pairs = Self.pairs(golden)
        for (name, rouge) in [("no_stemmer", ROUGE.rougeScore(stemming: false)), ("stemmer", .rougeScore(stemming: true))] {
            let (means, count) = try #require(rouge.mean(pairs))
            #expect(count == 60)
            for measure in ROUGE.Measure.allCases {
                let expected = try #require(golden.rouge[name]?[measure.rawValue]), mean = try #require(means[measure])
                #expect(
                    isClose(mean.f, expected.mean_f) && isClose(mean.precision, expected.mean_precision)
                        && isClose(mean.recall, expected.mean_recall), "\(name) \(measure)")
                for (pair, f) in zip(pairs, expected.f) { #expect(isClose(try #require(rouge.score(pair)[measure]).f, f), "\(pair)") }
            }
        }
    }

    @Test func `BLEU and ROUGE of tensorflow/nmt`() throws {
        let golden = try Golden.text(), pairs = Self.pairs(golden), bleu = BLEU(pairs, .none)
        for (name, score) in golden.nmt.bleu {
            #expect(isClose(bleu.nmtScore(order: try #require(Int(name.dropFirst(4)))), score), "\(name)")
        }
        let (means, count) = try #require(ROUGE.nmt.mean(pairs))
        #expect(count == 59)
        for (prefix, measure) in [("rouge_1", ROUGE.Measure.one), ("rouge_2", .two), ("rouge_l", .longest)] {
            let mean = try #require(means[measure])
            for (suffix, value) in [("f_score", mean.f), ("p_score", mean.precision), ("r_score", mean.recall)] {
                #expect(isClose(value * 100, try #require(golden.nmt.rouge["\(prefix)/\(suffix)"])), "\(prefix)/\(suffix)")
            }
        }
    }
}
