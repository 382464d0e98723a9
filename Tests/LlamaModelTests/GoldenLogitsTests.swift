import Foundation
import LlamaModel
import ModelFiles
import Testing
import Tokenizers

/// The default model against the float32 reference of Hugging Face's implementation; tolerances are those that its data states.
@Suite(.serialized) struct GoldenLogitsTests {
    struct Reference: Decodable {
        struct Position: Decodable {
            let review: Int
            let tokens: Int
            let top_ids: [Int]
            let top_logits: [Double]
            let logsumexp: Double
            let mean_nll: Double
            let nll: [Double]
        }
        struct Greedy: Decodable {
            let review: Int
            let tokens: [Int32]
        }
        struct Essay: Decodable {
            let ids: [Int32]
            let mean_nll: Double
        }
        let last_position: [Position]
        let greedy: [Greedy]
        let essay: Essay
    }

    private func golden() throws -> (reference: Reference, prompts: [Int: [Int32]]) {
        let reference = try JSONDecoder().decode(Reference.self, from: GoldenModel.fixture("hf_reference.json"))
        let prompts = try JSONDecoder().decode(GoldenTokensTests.Prompts.self, from: GoldenModel.fixture("prompts.json"))
        return (reference, Dictionary(uniqueKeysWithValues: prompts.prompts.map { ($0.review, $0.ids) }))
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }

    @Test("With float32 weights logits and likelihoods are the reference's")
    func float32() throws {
        let (reference, prompts) = try golden(), runner = try ModelRunner(.float32)
        for position in reference.last_position {
            let prompt = try #require(prompts[position.review])
            #expect(prompt.count == position.tokens)
            runner.feed(prompt, outputs: [Int32(prompt.count - 1)]) { rows in
                let worst = zip(position.top_ids, position.top_logits).map { abs(Double(rows[0][$0]) - $1) }.max() ?? .infinity
                #expect(worst < 1e-3, "review \(position.review)")
                #expect(abs(ModelRunner.logSum(rows[0]) - position.logsumexp) < 1e-3)
            }
            let likelihoods = runner.negativeLogLikelihoods(prompt)
            #expect(zip(likelihoods, position.nll).allSatisfy { abs($0 - $1) < 2e-3 })
            #expect(abs(mean(likelihoods) - position.mean_nll) < 1e-4)
        }
        #expect(abs(mean(runner.negativeLogLikelihoods(reference.essay.ids)) - reference.essay.mean_nll) < 1e-4)
    }

    @Test("With float32 weights all greedy texts are the reference's")
    func greedy() throws {
        let (reference, prompts) = try golden(), runner = try ModelRunner(.float32)
        #expect(reference.greedy.count == 18)
        for text in reference.greedy {
            let prompt = try #require(prompts[text.review])
            #expect(runner.greedy(prompt, most: text.tokens.count, ends: [2]) == text.tokens, "review \(text.review)")
        }
    }

    @Test("With quantised weights likelihoods are within what 8-bit activations cost", arguments: [false, true])
    func quantised(_ half: Bool) throws {
        let (reference, prompts) = try golden(), runner = try ModelRunner(.asStored, half: half)
        for position in reference.last_position {
            let likelihoods = runner.negativeLogLikelihoods(try #require(prompts[position.review]))
            #expect(abs(mean(likelihoods) - position.mean_nll) < 0.03, "review \(position.review)")
        }
        #expect(abs(mean(runner.negativeLogLikelihoods(reference.essay.ids)) - reference.essay.mean_nll) < 0.015)
    }

    @Test("A prompt's logits have the same bits however it is cut, and for any number of threads")
    func cuts() throws {
        let prompt = try #require(golden().prompts[3])
        let whole = try ModelRunner(.asStored, threads: 1).feed(prompt, outputs: [Int32(prompt.count - 1)]) { Array($0[0]) }
        for cut in [1, 31, prompt.count - 1] {
            let runner = try ModelRunner(.asStored, threads: 3)
            runner.feed(Array(prompt[..<cut]), outputs: []) { _ in }
            let rest = Array(prompt[cut...])
            let last = runner.feed(rest, at: cut, outputs: [Int32(rest.count - 1)]) { Array($0[0]) }
            #expect(last.map(\.bitPattern) == whole.map(\.bitPattern), "cut at \(cut)")
        }
    }
}
