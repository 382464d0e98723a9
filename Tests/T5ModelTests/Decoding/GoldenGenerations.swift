import Foundation
import Kernels
import T5Model
import Testing

/// What `transformers` generated for the golden batch (generate_*.json).
struct GoldenGenerations: Decodable {
    struct Beams: Decodable {
        let num_beams: Int
        let length_penalty: Double
        let max_new_tokens: Int
        /// [5][beams], the start token first, the end token as often as it takes to fill up.
        let sequences: [[[Int32]]]
        let scores: [[Double]]
        let valid: [[Bool]]

        /// Without the start token, up to and with the first end token.
        func labels(_ row: Int) -> [[Int32]] { sequences[row].map { GoldenGenerations.label($0) } }
    }

    struct Greedy: Decodable {
        let sequences: [[Int32]]
        let token_logprobs: [[Double]]
    }

    let greedy: Greedy
    let beam4_lp1: Beams
    let beam4_lp1_early: Beams
    let beam4_lp0: Beams
    let beam20_lp1: Beams
    let beam20_lp1_early: Beams
    let beam20_lp0: Beams
    let constrained4: Beams
    let constrained20: Beams
    let constrained40: Beams
    /// [5][40].
    let catalogue_logprobs_float64: [[Double]]
    let catalogue_order: [[Int]]

    static func label(_ sequence: [Int32]) -> [Int32] {
        let tokens = Array(sequence.dropFirst())
        return tokens.firstIndex(of: 1).map { Array(tokens[...$0]) } ?? tokens
    }
}

extension GoldenT5 {
    func generations() throws -> GoldenGenerations {
        try JSONDecoder().decode(
            GoldenGenerations.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder())/generate_\(variant).json")))
    }

    /// The 40 sequences of the constrained searches.
    func catalogue() throws -> CatalogueTrie {
        try CatalogueTrie(
            JSONDecoder().decode([[Int32]].self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder())/catalogue.json"))))
    }

    func model(_ precision: ProductPrecision = .float32, threads: Int = 2) throws -> T5Model {
        try T5Model(parameters(), precision: precision, kernels: .test(threads: threads))
    }

    func textRequests() throws -> [TextRequest] {
        try sequences().map {
            TextRequest(tokens: $0.tokens, wholeWords: $0.wholeWords, task: $0.task.flatMap(RecommendationTask.init(rawValue:)))
        }
    }

    func itemRequests(_ view: CatalogueView) throws -> [ItemRequest] {
        try textRequests().map { ItemRequest(tokens: $0.tokens, wholeWords: $0.wholeWords, task: $0.task, view: view) }
    }
}
