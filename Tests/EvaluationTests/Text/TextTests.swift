import Evaluation
import Testing

@Suite struct TextTests {
    static let sentences = ["", "a", "the strings sound warm and bright .", "The strings, at $9.99, sound warm-ish & bright!", "x x x x x"]

    @Test func `A text compared with itself has all there is to have`() throws {
        for text in Self.sentences.suffix(3) {
            let pair = TextPair(hypothesis: text, reference: text)
            for tokenizer in BLEUTokenizer.allCases { #expect(isClose(BLEU([pair], tokenizer).score(order: 4).value, 100)) }
            for rouge in [ROUGE.rougeScore(stemming: true), .rougeScore(stemming: false), .nmt] {
                for (measure, score) in rouge.score(pair) { #expect(abs(score.f - 1) < 1e-7, "\(measure)") }
            }
        }
    }

    @Test func `Nothing in common is nothing, and nothing at all breaks nothing`() {
        for (hypothesis, reference) in [("a b c", "d e f"), ("", "d e f"), ("a b c", ""), ("", "")] {
            let pair = TextPair(hypothesis: hypothesis, reference: reference)
            for smoothing in BLEU.Smoothing.allCases { #expect(BLEU([pair], .mteval13a).score(order: 4, smoothing).value == 0) }
            for rouge in [ROUGE.rougeScore(stemming: true), .nmt] where !(rouge == .nmt && hypothesis.isEmpty && reference.isEmpty) {
                for score in rouge.score(pair).values { #expect(score.f == 0) }
            }
        }
        #expect(BLEU([], .none).score(order: 2).value == 0 && ROUGE.nmt.mean([]) == nil)
    }

    @Test func `All scores are shares, and precision and recall change places with the texts`() {
        let words = ["good", "Good", "strings", "string", "warm", "warmer", "sound", "3", "a"]
        for _ in 0..<200 {
            let texts = (0..<2).map { _ in (0..<Int.random(in: 1...9)).compactMap { _ in words.randomElement() }.joined(separator: " ") }
            let there = TextPair(hypothesis: texts[0], reference: texts[1]), back = TextPair(hypothesis: texts[1], reference: texts[0])
            for rouge in [ROUGE.rougeScore(stemming: true), .rougeScore(stemming: false), .nmt] {
                let (one, other) = (rouge.score(there), rouge.score(back))
                for measure in ROUGE.Measure.allCases {
                    guard let one = one[measure], let other = other[measure] else { continue }
                    #expect(isClose(one.precision, other.recall) && isClose(one.recall, other.precision))
                    #expect((0...1).contains(one.f) && (0...1).contains(one.precision) && (0...1).contains(one.recall))
                }
            }
            let bleu = BLEU([there], .none)
            for order in 1...4 {
                let scores = [BLEU.Smoothing.none, .floor, .exponential].map { bleu.score(order: order, $0).value }
                #expect(scores[0] <= scores[1] + 1e-9 && scores[1] <= scores[2] + 1e-9 && scores.allSatisfy { $0 <= 100 + 1e-9 })
            }
        }
    }

    @Test func `Stems make inflections equal; sets count a word once`() throws {
        let pair = TextPair(hypothesis: "warm strings warm strings", reference: "the warming string")
        #expect(ROUGE.rougeScore(stemming: false).score(pair)[.one]?.recall == 0)
        #expect(ROUGE.rougeScore(stemming: true).score(pair)[.one]?.precision == 0.5)
        let again = TextPair(hypothesis: "warm warm warm", reference: "warm tone")
        #expect(ROUGE.nmt.score(again)[.one]?.precision == 1)
        #expect(isClose(try #require(ROUGE.rougeScore(stemming: false).score(again)[.one]).precision, 1.0 / 3))
    }

    @Test func `Points and commas within numbers stay; other punctuation stands alone`() {
        for (text, tokens) in [
            ("It's $1,234.50, isn't it?", "It's $ 1,234.50 , isn't it ?"),
            ("10-string &quot;harp&quot; (a-b)", "10 - string \" harp \" ( a-b )"),
            ("so-\ncalled <skipped>e.g.\n", "socalled e . g ."),
        ] {
            #expect(BLEUTokenizer.mteval13a.tokens(text).joined(separator: " ") == tokens)
        }
        #expect(BLEUTokenizer.none.tokens(" a\u{1C}b\u{A0}c\n") == ["a", "b", "c"])
    }
}
