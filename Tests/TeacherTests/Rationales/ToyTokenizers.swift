import Foundation
import Testing
import Tokenizers

/// Small tokenizers of both kinds, which know every byte.
enum ToyTokenizers {
    static let imStart: Int32 = 0, imEnd: Int32 = 1

    /// GPT-2's kind, with a few merges.
    static func byteLevel(_ rule: PreTokenizer = .smollm, beginning: Int32? = nil) throws -> ByteLevelTokenizer {
        var vocabulary: [(text: String, kind: TokenKind)] = [("<|im_start|>", .control), ("<|im_end|>", .control), ("</s>", .control)]
        // Bytes as GPT-2 writes them: printable ones as themselves, the others from U+0100 on.
        var next: UInt32 = 0x100
        for byte in UInt32(0)..<256 {
            let isPrintable = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
            vocabulary.append((Unicode.Scalar(isPrintable ? byte : next).map { String($0) } ?? "", .normal))
            if !isPrintable { next += 1 }
        }
        let merges = ["T h", "Th e", "h e", "Ġ t", "Ġt he", "Ġ T", "ĠT he", "Ġ s", "o n", "Ġ a", "r e", "Ġ re", ". Ġ"]
        for merge in merges { vocabulary.append((merge.split(separator: " ").joined(), .normal)) }
        return try ByteLevelTokenizer(
            vocabulary: vocabulary, merges: merges, preTokenizer: rule, beginning: beginning, ends: [imEnd])
    }

    /// Llama 2's kind, with or without a space before each text.
    static func sentencePiece(addsSpace: Bool = true, beginning: Int32? = 2) throws -> SentencePieceBPETokenizer {
        var vocabulary: [(text: String, kind: TokenKind)] = [("<unk>", .unknown), ("</s>", .control), ("<s>", .control)]
        for byte in 0..<256 { vocabulary.append(("<0x" + String(byte + 0x100, radix: 16, uppercase: true).dropFirst() + ">", .byte)) }
        for piece in ["▁", "▁T", "▁Th", "▁The", "▁a", "he", "th", "▁th", "▁the", "on", "re", "s", "t"] {
            vocabulary.append((piece, .normal))
        }
        let scores = vocabulary.indices.map { -Float($0) }
        return try SentencePieceBPETokenizer(
            vocabulary: vocabulary, scores: scores, addsSpace: addsSpace, beginning: beginning, ends: [1])
    }

    static func all() throws -> [any Tokenizer] {
        var all: [any Tokenizer] = try PreTokenizer.allCases.map { try byteLevel($0) }
        all += [try sentencePiece(), try sentencePiece(addsSpace: false)]
        return all
    }
}

/// The reviews that every teacher must take: quotes, emoji, entities, many scripts, none, one word, 600 words.
enum OddReviews {
    struct Review: Decodable {
        let name: String
        let text: String
    }

    static func all() throws -> [Review] {
        let folder = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
        return try JSONDecoder().decode([Review].self, from: Data(contentsOf: folder.appendingPathComponent("reviews.json")))
    }

    static func text(_ name: String) throws -> String { try #require(all().first { $0.name == name }).text }
}

/// SplitMix64: the same seed gives the same values on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A text of any scalars and of pieces that mean something to prompts, HTML or tokenizers.
    mutating func text(length: Int) -> String {
        let pieces = [
            "<|im_end|>", "<|im_start|>", "</s>", "\"", "”", "&quot;", "&#34;", "&amp;quot;", "&lt;br&gt;", "<br />", "\n", "\u{200B}",
            "\u{202E}", "\u{200D}", "e\u{301}", "\u{FEFF}", ". ", "! ", " the", "The ", "word", "'s", "…", "。", "&#0;", "&#xD800;", "\u{0}",
        ]
        var text = ""
        for _ in 0..<length {
            switch Int.random(in: 0..<4, using: &self) {
            case 0: text.unicodeScalars.append(Unicode.Scalar(UInt32.random(in: 0..<0x11_0000, using: &self)) ?? "\u{FFFD}")
            case 1: text.unicodeScalars.append(Unicode.Scalar(UInt8.random(in: 0x20..<0x7F, using: &self)))
            default: text += pieces[Int.random(in: 0..<pieces.count, using: &self)]
            }
        }
        return text
    }
}
