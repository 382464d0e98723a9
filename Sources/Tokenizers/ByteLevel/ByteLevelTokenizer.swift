/// Byte-level byte-pair encoding: GPT-2's, with the pre-tokeniser that the model was trained with.
package struct ByteLevelTokenizer: Tokenizer {
    package let special: SpecialTokens
    package var vocabularyCount: Int { pieces.count }
    private let preTokenizer: PreTokenizer
    private let merger: BytePairMerger
    /// The token of each byte; -1 where the vocabulary has none. Such a byte (few texts have one) is left out of the tokens, as
    /// llama.cpp and Hugging Face's tokenizers leave it out.
    private let byteTokens: [Int32]
    /// What each token stands for.
    private let pieces: [[UInt8]]
    /// Words that are taken without merging; empty where all are merged.
    private let wholeWords: [[UInt8]: Int32]

    /// - Parameters:
    ///   - vocabulary: The pieces by id, written in the byte alphabet, and what they are for.
    ///   - merges: Pairs `left right`, the lowest rank first.
    ///   - beginning: Put before every text; nil for none.
    ///   - ends: Tokens at which generation stops.
    package init(
        vocabulary: [(text: String, kind: TokenKind)], merges: [String], preTokenizer: PreTokenizer, beginning: Int32? = nil,
        ends: Set<Int32>
    ) throws(TokenizerError) {
        self.preTokenizer = preTokenizer
        special = SpecialTokens(vocabulary, beginning: beginning, ends: ends)
        var ids: [String: Int32] = [:]
        ids.reserveCapacity(vocabulary.count)
        for (id, piece) in vocabulary.enumerated() where ids[piece.text] == nil { ids[piece.text] = Int32(id) }
        let byteTokens = ByteAlphabet.scalars.map { ids[String($0)] ?? -1 }
        guard (UInt8(ascii: " ")...UInt8(ascii: "~")).allSatisfy({ byteTokens[Int($0)] >= 0 }) else {
            throw TokenizerError("the vocabulary lacks pieces for printable ASCII bytes: it is not a byte-level one")
        }
        self.byteTokens = byteTokens
        merger = try Self.merger(merges, ids)
        // Added tokens are written as they are, all others in the byte alphabet.
        pieces = vocabulary.map { piece in
            switch piece.kind {
            case .control: []
            case .userDefined, .unknown: Array(piece.text.utf8)
            default: ByteAlphabet.bytes(of: piece.text) ?? Array(piece.text.utf8)
            }
        }
        var wholeWords: [[UInt8]: Int32] = [:]
        if preTokenizer.takesWholeWords {
            for (id, piece) in vocabulary.enumerated() where piece.kind == .normal { wholeWords[pieces[id]] = Int32(id) }
        }
        self.wholeWords = wholeWords
    }

    private static func merger(_ merges: [String], _ ids: [String: Int32]) throws(TokenizerError) -> BytePairMerger {
        var merger = BytePairMerger(capacity: merges.count)
        for (rank, merge) in merges.enumerated() {
            // Pieces have no spaces: the byte alphabet writes one as another character.
            let parts = merge.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw TokenizerError("merge \(rank), '\(merge)', is not two pieces with a space between") }
            guard let left = ids[String(parts[0])], let right = ids[String(parts[1])], let result = ids[String(parts[0] + parts[1])] else {
                throw TokenizerError("merge \(rank), '\(merge)': a piece or their union is not in the vocabulary")
            }
            merger.add(left, right, Merge(rank: Int32(rank), result: result))
        }
        return merger
    }

    package func encode(words text: Substring, into tokens: inout [Int32]) {
        let characters = Characters(text), bytes = Array(text.utf8)
        for word in preTokenizer.words(characters) {
            let slice = bytes[characters.offsets[word.lowerBound]..<characters.offsets[word.upperBound]]
            if !wholeWords.isEmpty, let token = wholeWords[Array(slice)] {
                tokens.append(token)
            } else {
                tokens += merger.merge(slice.map { byteTokens[Int($0)] }).lazy.filter { $0 >= 0 }
            }
        }
    }

    package func bytes(of token: Int32) -> [UInt8] { pieces.indices.contains(Int(token)) ? pieces[Int(token)] : [] }
}
