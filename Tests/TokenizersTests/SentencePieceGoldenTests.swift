import Foundation
import Testing
import Tokenizers

/// What libsentencepiece 0.2.3 and `transformers` did to 123 strings with two small models (Fixtures/*.json).
enum SentencePieceGolden: String, CaseIterable {
    case plain = "unigram800"
    case bytes = "unigram800_bytes"

    struct Case: Decodable {
        let i: Int
        let utf8_hex: String
        let normalized: String
        let ids: [Int32]
        let pieces: [String]
        let decoded: String
        let score: Double
        let hf_ids: [Int32]

        /// The text, from its bytes: a JSON reader might change it.
        var text: String {
            let digits = Array(utf8_hex)
            let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private struct File: Decodable { let strings: [Case] }

    static func data(_ name: String) throws -> Data {
        try Data(contentsOf: #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appendingPathComponent(name))
    }

    func tokenizer() throws -> SentencePieceTokenizer { try SentencePieceTokenizer([UInt8](Self.data("\(rawValue).model"))) }
    func cases() throws -> [Case] { try JSONDecoder().decode(File.self, from: Self.data("\(rawValue).json")).strings }
}

/// Equal byte for byte: Swift's own equality takes canonically equivalent strings for one.
private func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

@Suite struct SentencePieceGoldenTests {
    @Test("Ids, pieces, normalised and decoded text of every string are the reference's", arguments: SentencePieceGolden.allCases)
    func strings(_ golden: SentencePieceGolden) throws {
        let tokenizer = try golden.tokenizer(), cases = try golden.cases()
        #expect(cases.count == 123)
        for expected in cases {
            let text = expected.text, ids = tokenizer.encode(text)
            #expect(ids == expected.ids, "string \(expected.i)")
            let pieces = tokenizer.pieces(text)
            #expect(pieces.map(\.id) == expected.ids, "string \(expected.i)")
            #expect(
                pieces.count == expected.pieces.count && zip(pieces, expected.pieces).allSatisfy { same($0.text, $1) },
                "string \(expected.i)")
            #expect(same(tokenizer.normalize(text), expected.normalized), "string \(expected.i)")
            #expect(same(tokenizer.decode(ids), expected.decoded), "string \(expected.i)")
            let score = ids.reduce(0.0) { $0 + Double(tokenizer.entry($1).score) }
            #expect(abs(score - expected.score) < 1e-4, "string \(expected.i)")
        }
    }

    @Test("With special tokens parsed, ids are those of Hugging Face's tokenizer")
    func huggingFace() throws {
        let tokenizer = try SentencePieceGolden.plain.tokenizer()
        for expected in try SentencePieceGolden.plain.cases() {
            let ids = tokenizer.encode(expected.text, parsingSpecial: true) + [SentencePieceTokenizer.endToken]
            #expect(ids == expected.hf_ids, "string \(expected.i)")
        }
    }

    @Test("Pieces have the reference's texts, scores and kinds", arguments: SentencePieceGolden.allCases)
    func vocabulary(_ golden: SentencePieceGolden) throws {
        let tokenizer = try golden.tokenizer()
        let entries = try #require(
            JSONSerialization.jsonObject(with: SentencePieceGolden.data("\(golden.rawValue).vocab.json")) as? [[Any]])
        #expect(tokenizer.pieceCount == 800 && entries.count == 800)
        for (id, entry) in entries.enumerated() {
            let found = tokenizer.entry(Int32(id))
            #expect(found.text == entry[0] as? String && found.kind.rawValue == entry[2] as? String, "piece \(id)")
            #expect(abs(Double(found.score) - (entry[1] as? Double ?? .nan)) < 1e-5, "piece \(id)")
        }
    }

    @Test("Sentinels lie behind the pieces, the first one last, and are written as they are named")
    func sentinels() throws {
        let tokenizer = try SentencePieceGolden.plain.tokenizer()
        #expect(tokenizer.vocabularyCount == 900)
        #expect(tokenizer.sentinel(0) == 899 && tokenizer.sentinel(99) == 800)
        #expect(tokenizer.entry(899).text == "<extra_id_0>" && tokenizer.entry(800).text == "<extra_id_99>")
        #expect(tokenizer.decode([899, 15, 800, 1]) == "<extra_id_0> and <extra_id_99>")
        #expect(tokenizer.decode([5, 4, 148, 1, 0, 901, -1]) == "user_12", "an item's token has no text")
        #expect(!tokenizer.encode("<extra_id_0>").contains(899), "in content it is a text like any other")
        #expect(tokenizer.encode("<extra_id_07><extra_id_100>< extra_id_1>", parsingSpecial: true).allSatisfy { $0 < 800 })
        #expect(tokenizer.decode([]) == "" && tokenizer.encode("") == [] && tokenizer.encode("", parsingSpecial: true) == [])
        #expect(tokenizer.normalize("") == "" && tokenizer.pieces("") == [])
    }
}
