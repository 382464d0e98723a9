/// The tokens that are found in a text as a whole, before it is cut into words; and those that begin and end texts.
package struct SpecialTokens: Sendable {
    /// Put before every text, where the model wants one.
    package let beginning: Int32?
    /// Ends a text or a turn: generation stops at any of these.
    package var ends: Set<Int32>

    private struct Entry: Sendable {
        let text: [UInt8]
        let token: Int32
        /// Found only where control tokens are parsed.
        let isControl: Bool
    }
    /// By first byte, the longest first.
    private let entries: [UInt8: [Entry]]

    /// - Parameters:
    ///   - vocabulary: The pieces by id, with what they are for.
    init(_ vocabulary: [(text: String, kind: TokenKind)], beginning: Int32?, ends: Set<Int32>) {
        self.beginning = beginning
        self.ends = ends
        var entries: [UInt8: [Entry]] = [:]
        for (id, piece) in vocabulary.enumerated() {
            guard piece.kind == .control || piece.kind == .userDefined || piece.kind == .unknown, let first = piece.text.utf8.first else {
                continue
            }
            entries[first, default: []].append(
                Entry(text: Array(piece.text.utf8), token: Int32(id), isControl: piece.kind != .userDefined))
        }
        self.entries = entries.mapValues { $0.sorted { ($0.text.count, $1.token) > ($1.text.count, $0.token) } }
    }

    /// A part of a text: words to be tokenised, or a special token.
    enum Part {
        case text(Substring)
        case token(Int32)
    }

    /// Cuts a text at its special tokens, of which the longest counts where several begin.
    func split(_ text: String, parsingSpecial: Bool) -> [Part] {
        guard !entries.isEmpty else { return text.isEmpty ? [] : [.text(text[...])] }
        let utf8 = text.utf8
        var parts: [Part] = [], from = text.startIndex, at = text.startIndex
        while at < text.endIndex {
            if let entry = entries[utf8[at]]?.first(where: { (parsingSpecial || !$0.isControl) && utf8[at...].starts(with: $0.text) }) {
                if from < at { parts.append(.text(text[from..<at])) }
                parts.append(.token(entry.token))
                at = utf8.index(at, offsetBy: entry.text.count)
                from = at
            } else {
                at = utf8.index(after: at)
            }
        }
        if from < text.endIndex { parts.append(.text(text[from...])) }
        return parts
    }
}
