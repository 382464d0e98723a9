/// Text to tokens and back, for one model. Safe to use from any thread.
package protocol Tokenizer: Sendable {
    /// Tokens there are; all ids are below.
    var vocabularyCount: Int { get }
    var special: SpecialTokens { get }

    /// Appends the tokens of a text in which no special token is looked for.
    func encode(words: Substring, into tokens: inout [Int32])

    /// The bytes that a token stands for; none for control tokens. They may be a part of a character: see ``StreamingDetokenizer``.
    func bytes(of token: Int32) -> [UInt8]
}

extension Tokenizer {
    /// The tokens of a text.
    ///
    /// - Parameter parsingSpecial: Whether texts such as `<|im_end|>` become the control tokens of that name. Only for text that the
    ///   program wrote itself: in a review they are words like any other.
    package func encode(_ text: String, parsingSpecial: Bool) -> [Int32] {
        encode(parsingSpecial ? [.template(text)] : [.content(text)])
    }

    /// The tokens of a prompt: control tokens are found only where the template wrote them, never in content or across the seam of the
    /// two; words do go across it.
    package func encode(_ prompt: [PromptPart]) -> [Int32] {
        var tokens: [Int32] = [], words = ""
        for part in prompt {
            var isTemplate = false
            if case .template = part { isTemplate = true }
            for piece in special.split(part.text, parsingSpecial: isTemplate) {
                switch piece {
                case .text(let text): words += text
                case .token(let token):
                    encode(words: words[...], into: &tokens)
                    words = ""
                    tokens.append(token)
                }
            }
        }
        encode(words: words[...], into: &tokens)
        return tokens
    }

    /// The text of all tokens. Bytes that are no UTF-8 become U+FFFD.
    package func decode(_ tokens: some Sequence<Int32>) -> String { String(decoding: tokens.flatMap { bytes(of: $0) }, as: UTF8.self) }
}

/// Why a model's tokenizer cannot be made: which part of the file is missing or contradicts another.
package struct TokenizerError: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// What a token of a GGUF vocabulary is for; raw values as in `tokenizer.ggml.token_type`.
package enum TokenKind: Int32, Sendable {
    case normal = 1
    case unknown = 2
    /// Says something to the model and has no text, such as `<|im_end|>`.
    case control = 3
    /// Added to the vocabulary, and found in any text before it is cut into words.
    case userDefined = 4
    case unused = 5
    /// One byte, written `<0x0A>`.
    case byte = 6
}
