import Foundation
import T5Model
import Testing
import Tokenizers

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the same everywhere.
struct Generator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

enum SmallTokenizer {
    static func data(_ name: String) throws -> Data {
        try Data(
            contentsOf: #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appendingPathComponent(
                "sentencepiece/\(name)"))
    }

    /// 800 pieces.
    static func load() throws -> SentencePieceTokenizer { try SentencePieceTokenizer([UInt8](data("unigram800.model"))) }
}

/// Random sequences over few tokens, each with an end token, so that many begin alike.
func randomCatalogue(_ count: Int, tokens: Int32, longest: Int, _ random: inout Generator) -> [[Int32]] {
    var seen: Set<[Int32]> = []
    while seen.count < count {
        let length = Int.random(in: 0...longest, using: &random)
        seen.insert((0..<length).map { _ in Int32.random(in: 2..<tokens + 2, using: &random) } + [1])
    }
    return seen.sorted { $0.lexicographicallyPrecedes($1) }.shuffled(using: &random)
}
