import Foundation
import Testing

/// Numbers that public libraries have given: ranx, ir-measures, sacrebleu, rouge-score, and the scripts of tensorflow/nmt.
enum Golden {
    static func ranking() throws -> Ranking { try read("ranking") }

    static func text() throws -> Text { try read("text") }

    private static func read<Value: Decodable>(_ name: String) throws -> Value {
        let file = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json"))
        return try JSONDecoder().decode(Value.self, from: Data(contentsOf: file))
    }

    struct Ranking: Decodable {
        struct User: Decodable {
            let ranked: [Int]
            let scores: [Double]
            let relevant: [Int]
        }

        let items_in_catalogue: Int
        let users: [User]
        let mean: [String: Double]
        let mean_by_ir_measures: [String: Double]
        let mean_by_formula_only: [String: Double]
        let coverage: [String: Double]
        let per_user: [String: [Double]]
        let per_user_by_formula_only: [String: [Double]]
    }

    struct Text: Decodable {
        struct Pair: Decodable {
            let hypothesis: String
            let reference: String
        }

        struct BLEU: Decodable {
            let score: Double
            let precisions: [Double]
            let brevity_penalty: Double
            let hypothesis_length: Int
            let reference_length: Int
            let counts: [Int]
            let totals: [Int]
        }

        struct Few: Decodable {
            let pairs: [Int]
            let bleu4_13a_smooth_exp, bleu4_13a_smooth_none, bleu4_13a_smooth_floor: Double
            let bleu4_none_smooth_exp, bleu4_none_smooth_none, bleu4_none_smooth_floor: Double
            let addOne13a, addOneNone: Double

            enum CodingKeys: String, CodingKey {
                case pairs, bleu4_13a_smooth_exp, bleu4_13a_smooth_none, bleu4_13a_smooth_floor
                case bleu4_none_smooth_exp, bleu4_none_smooth_none, bleu4_none_smooth_floor
                case addOne13a = "bleu4_13a_smooth_add-k"
                case addOneNone = "bleu4_none_smooth_add-k"
            }
        }

        struct ROUGE: Decodable {
            let mean_f: Double
            let mean_precision: Double
            let mean_recall: Double
            let f: [Double]
        }

        struct NMT: Decodable {
            let bleu: [String: Double]
            let rouge: [String: Double]
        }

        let pairs: [Pair]
        let bleu: [String: BLEU]
        let bleu_few: Few
        let tokens_13a: [[[String]]]
        let rouge: [String: [String: ROUGE]]
        let tokens_rouge: [[[String]]]
        let nmt: NMT
    }
}

/// The golden numbers' tolerance.
func isClose(_ one: Double, _ other: Double) -> Bool { abs(one - other) <= 1e-9 }
