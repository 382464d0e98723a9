package import Tokenizers

/// The tokens of words that go on a text: those that the tokenizer would give them there, since it cuts texts between words too.
package struct WordTokenizer: Sendable {
    let tokenizer: any Tokenizer
    /// Whether the tokenizer puts a space before each text by itself, as those of Llama 2's kind do.
    private let addsSpace: Bool

    package init(_ tokenizer: any Tokenizer) {
        self.tokenizer = tokenizer
        addsSpace = tokenizer.decode(tokenizer.encode("a", parsingSpecial: false)).hasPrefix(" ")
    }

    /// The tokens of a space and the words. Control tokens are not looked for.
    package func tokens(of words: some StringProtocol) -> [Int32] {
        tokenizer.encode(addsSpace ? String(words) : " " + words, parsingSpecial: false)
    }
}
