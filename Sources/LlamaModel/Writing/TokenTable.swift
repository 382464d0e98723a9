package import Tokenizers

/// What the writers ask of each token, looked up once for the vocabulary.
package final class TokenTable: Sendable {
    let tokenizer: any Tokenizer
    /// Tokens that end a turn.
    let ends: Set<Int32>
    /// The tokens of a full stop after a word.
    let fullStop: [Int32]

    package init(_ tokenizer: any Tokenizer) {
        self.tokenizer = tokenizer
        ends = tokenizer.special.ends
        // Behind a word, so that a tokenizer which puts a space before a text does not put one before the stop.
        let word = tokenizer.encode("a", parsingSpecial: false), stopped = tokenizer.encode("a.", parsingSpecial: false)
        fullStop = stopped.starts(with: word) ? Array(stopped.dropFirst(word.count)) : tokenizer.encode(".", parsingSpecial: false)
    }

    func bytes(_ token: Int32) -> [UInt8] { tokenizer.bytes(of: token) }
}
