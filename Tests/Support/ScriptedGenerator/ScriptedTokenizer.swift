internal import Tokenizers

/// A byte is a token, and the control tokens of ChatML are tokens 256 and 257.
enum ScriptedTokenizer {
    /// GPT-2's characters for bytes.
    private static let characters: [String] = {
        var next: UInt32 = 0x100
        return (0..<256).map { byte in
            let standsForItself = [0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF].contains { $0.contains(byte) }
            defer { if !standsForItself { next += 1 } }
            return String(Unicode.Scalar(standsForItself ? UInt32(byte) : next).map(Character.init) ?? " ")
        }
    }()

    static func make() -> any Tokenizer {
        let vocabulary: [(text: String, kind: TokenKind)] =
            characters.map { ($0, .normal) } + [("<|im_start|>", .control), ("<|im_end|>", .control)]
        guard let tokenizer = try? ByteLevelTokenizer(vocabulary: vocabulary, merges: [], preTokenizer: .gpt2, ends: [257]) else {
            preconditionFailure("a vocabulary of all bytes is one")
        }
        return tokenizer
    }
}
