import Foundation
import T5Model
import Testing

/// Greedy and beam search over words give what `transformers` gives, with its scores.
@Suite struct GoldenTextTests {
    @Test("Greedy texts, and their log-probabilities", arguments: GoldenT5.all)
    func greedy(_ golden: GoldenT5) throws {
        let decoder = try TextDecoder(golden.model()), expected = try golden.generations().greedy
        let texts = try decoder.generate(golden.textRequests(), TextSearch(beams: 1, mostTokens: 16))
        for (row, text) in texts.enumerated() {
            let label = GoldenGenerations.label(expected.sequences[row])
            #expect(text.count == 1 && text[0].tokens + (text[0].isEnded ? [1] : []) == label, "row \(row)")
            let sum = expected.token_logprobs[row].prefix(label.count).reduce(0, +)
            #expect(abs(text[0].score - sum / Double(label.count)) < 1e-4, "row \(row)")
        }
        #expect(decoder.decoder.keptTokenCount == 0, "tokens that nobody needs any more are kept")
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let beams: @Sendable (GoldenGenerations) -> GoldenGenerations.Beams
        let early: TextSearch.EarlyStopping
        var testDescription: String { name }

        static let all = [
            Case(name: "beam4_lp1", beams: { $0.beam4_lp1 }, early: .heuristic),
            Case(name: "beam4_lp1_early", beams: { $0.beam4_lp1_early }, early: .whenFull),
            Case(name: "beam4_lp0", beams: { $0.beam4_lp0 }, early: .heuristic),
            Case(name: "beam20_lp1", beams: { $0.beam20_lp1 }, early: .heuristic),
            Case(name: "beam20_lp1_early", beams: { $0.beam20_lp1_early }, early: .whenFull),
            Case(name: "beam20_lp0", beams: { $0.beam20_lp0 }, early: .heuristic),
        ]
    }

    @Test("Beams, all of them in order, with scores", arguments: GoldenT5.all, Case.all)
    func beams(_ golden: GoldenT5, _ test: Case) throws {
        let expected = try test.beams(golden.generations())
        var search = TextSearch(beams: expected.num_beams, mostTokens: expected.max_new_tokens)
        search.lengthPenalty = expected.length_penalty
        search.earlyStopping = test.early
        let decoder = try TextDecoder(golden.model())
        for (row, texts) in try decoder.generate(golden.textRequests(), search).enumerated() {
            #expect(expected.valid[row].allSatisfy { $0 })
            #expect(texts.map { $0.tokens + ($0.isEnded ? [1] : []) } == expected.labels(row), "row \(row)")
            for (text, score) in zip(texts, expected.scores[row]) { #expect(abs(text.score - score) < 1e-4, "row \(row)") }
        }
        #expect(decoder.decoder.keptTokenCount == 0, "tokens that nobody needs any more are kept")
    }
}
