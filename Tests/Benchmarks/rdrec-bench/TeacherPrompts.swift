import LlamaModel
import Tokenizers

/// Requests of a number of tokens, whatever they say.
enum TeacherPrompts {
    /// Tokens that stand for text; the same for the same seed. Prompts of different seeds share no beginning, so that no cache helps.
    static func random(_ tokenizer: any Tokenizer, count: Int, seed: UInt64) -> [Int32] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1, tokens: [Int32] = []
        while tokens.count < count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let token = Int32(Int(state >> 33) % tokenizer.vocabularyCount)
            if !tokenizer.bytes(of: token).isEmpty { tokens.append(token) }
        }
        return tokens
    }

    /// Reads a random prompt and writes `new` tokens behind it, all but the last of which are read again.
    static func continuation(_ tokenizer: any Tokenizer, prompt count: Int, new: Int, seed: UInt64) -> Generation {
        Generation(
            parts: [.given(random(tokenizer, count: count, seed: seed)), .written(.init(maxTokens: new, style: .free(stops: [])))])
    }
}
