/// SentencePiece's byte-pair encoding as GGUF's `llama` tokenizer has it: characters are joined to pieces of the vocabulary, those of the
/// highest score first; a space is written U+2581; what is in no piece becomes byte tokens.
package struct SentencePieceBPETokenizer: Tokenizer {
    package let special: SpecialTokens
    package var vocabularyCount: Int { pieces.count }
    /// Whether a text gets a space before its first word.
    private let addsSpace: Bool
    /// What each token stands for.
    private let pieces: [[UInt8]]
    private let ids: [[UInt8]: Int32]
    /// A piece's place when pieces are ordered by falling score; equal scores have one place.
    private let ranks: [Int32]
    private let byteTokens: [Int32]
    private let longestPiece: Int

    private static let space = Array("\u{2581}".utf8)

    /// - Parameters:
    ///   - vocabulary: The pieces by id, what they are for, and their scores.
    ///   - beginning: Put before every text; nil for none.
    ///   - ends: Tokens at which generation stops.
    package init(
        vocabulary: [(text: String, kind: TokenKind)], scores: [Float], addsSpace: Bool = true, beginning: Int32?, ends: Set<Int32>
    ) throws(TokenizerError) {
        guard scores.count == vocabulary.count else { throw TokenizerError("\(scores.count) scores for \(vocabulary.count) pieces") }
        guard scores.allSatisfy({ !$0.isNaN }) else { throw TokenizerError("a score is not a number") }
        self.addsSpace = addsSpace
        special = SpecialTokens(vocabulary, beginning: beginning, ends: ends)
        var ids: [[UInt8]: Int32] = [:], byteTokens = [Int32](repeating: -1, count: 256), longest = 0
        for (id, piece) in vocabulary.enumerated() {
            switch piece.kind {
            case .normal, .userDefined, .unused:
                let bytes = Array(piece.text.utf8)
                if ids[bytes] == nil { ids[bytes] = Int32(id) }
                longest = max(longest, bytes.count)
            case .byte:
                guard let byte = Self.byte(piece.text) else {
                    throw TokenizerError("piece \(id), '\(piece.text)', is no byte such as <0x0A>")
                }
                byteTokens[Int(byte)] = Int32(id)
            case .control, .unknown: break
            }
        }
        if let missing = byteTokens.firstIndex(of: -1) {
            throw TokenizerError("the vocabulary has no token for byte \(missing)")
        }
        self.ids = ids
        self.byteTokens = byteTokens
        longestPiece = longest
        pieces = vocabulary.map { piece in
            switch piece.kind {
            case .control: []
            case .byte: Self.byte(piece.text).map { [$0] } ?? []
            default: Array(piece.text.utf8).replacing(Self.space, with: [0x20])
            }
        }
        ranks = Self.ranks(scores)
    }

    private static func byte(_ text: String) -> UInt8? {
        guard text.hasPrefix("<0x"), text.hasSuffix(">"), text.utf8.count == 6 else { return nil }
        return UInt8(text.dropFirst(3).dropLast(), radix: 16)
    }

    private static func ranks(_ scores: [Float]) -> [Int32] {
        var ranks = [Int32](repeating: 0, count: scores.count), rank: Int32 = -1, last: Float?
        for id in scores.indices.sorted(by: { scores[$0] > scores[$1] }) {
            if scores[id] != last { rank += 1 }
            last = scores[id]
            ranks[id] = rank
        }
        return ranks
    }

    package func encode(words text: Substring, into tokens: inout [Int32]) {
        guard !text.isEmpty else { return }
        // Characters, each a unit: their bytes, with spaces written as the vocabulary has them.
        var bytes: [UInt8] = [], offsets = [0], units: [Int32] = []
        func append(_ unit: some Sequence<UInt8>) {
            let from = bytes.count
            bytes += unit
            offsets.append(bytes.count)
            units.append(ids[Array(bytes[from...])] ?? -1)
        }
        if addsSpace { append(Self.space) }
        for scalar in text.unicodeScalars { append(scalar == " " ? Self.space : Array(String(scalar).utf8)) }
        let joined = PieceJoiner.join(units) { left, right in
            let span = offsets[left.units.lowerBound]..<offsets[right.units.upperBound]
            guard span.count <= longestPiece, let id = ids[Array(bytes[span])] else { return nil }
            return Merge(rank: ranks[Int(id)], result: id)
        }
        for piece in joined {
            if piece.token >= 0 {
                tokens.append(piece.token)
            } else {
                for byte in bytes[offsets[piece.units.lowerBound]..<offsets[piece.units.upperBound]] {
                    tokens.append(byteTokens[Int(byte)])
                }
            }
        }
    }

    package func bytes(of token: Int32) -> [UInt8] { pieces.indices.contains(Int(token)) ? pieces[Int(token)] : [] }
}
