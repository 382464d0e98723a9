internal import Tokenizers

/// A line cut at a number of tokens: behind the last sentence that fits, or behind a word where that would leave less than half, or within
/// a word that is as long as all of it. An ellipsis marks the cut.
enum ReviewCut {
    private static let ellipsis = "…"
    /// No text's tokens have more bytes on average than this; what lies beyond is not looked at.
    static func mostBytes(_ mostTokens: Int) -> Int { mostTokens * 64 }

    /// - Parameter isWhole: Whether nothing follows the line.
    static func cut(_ line: String, isWhole: Bool, mostTokens: Int, _ words: WordTokenizer) -> (text: String, isCut: Bool) {
        let head = line.prefix(bytes: mostBytes(mostTokens))
        let tokens = words.tokens(of: head)
        if isWhole, head.endIndex == line.endIndex, tokens.count <= mostTokens { return (line, false) }
        var room = max(1, mostTokens - words.tokens(of: ellipsis).count)
        while true {
            // The first byte is the space before the line.
            let bytes = tokens.prefix(room).reduce(-1) { $0 + words.tokenizer.bytes(of: $1).count }
            let text = text(head, within: head.prefix(bytes: bytes).endIndex)
            // A text that ends elsewhere may have other tokens; so they are counted anew.
            let excess = words.tokens(of: text).count - mostTokens
            if excess <= 0 || room == 1 { return (text, true) }
            room = max(1, room - excess)
        }
    }

    /// What is kept of a line that is not empty, nothing behind `limit` but at least one scalar.
    private static func text(_ line: Substring, within limit: Substring.Index) -> String {
        var sentence: Substring.Index?, word: Substring.Index?, character: Substring.Index?
        var hasStopped = false, at = line.startIndex
        while at < limit {
            let next = line.index(after: at)
            guard next <= limit else { break }
            switch line[at] {
            case " ":
                word = at
                if hasStopped { sentence = at }
                hasStopped = false
            case ".", "!", "?", "…": hasStopped = true
            // Sentences of these need no space between them.
            case "。", "！", "？": sentence = next
            // Closes what the sentence stands in.
            case "'", "’", ")", "]", "»": break
            default: hasStopped = false
            }
            character = next
            at = next
        }
        if hasStopped, at < line.endIndex, line[at] == " " { sentence = at }
        if at < line.endIndex, line[at] == " " { word = at }
        let half = line.utf8.distance(from: line.startIndex, to: limit) / 2
        for end in [sentence, word] {
            if let end, line.utf8.distance(from: line.startIndex, to: end) >= half, end > line.startIndex {
                return line[..<end] + " " + ellipsis
            }
        }
        let scalars = line.unicodeScalars
        return line[..<(character ?? max(limit, scalars.index(after: scalars.startIndex)))] + ellipsis
    }
}

extension StringProtocol {
    /// The longest beginning of whole scalars within so many bytes.
    func prefix(bytes: Int) -> SubSequence {
        guard bytes < utf8.count else { return self[...] }
        var end = utf8.index(startIndex, offsetBy: Swift.max(0, bytes))
        while UTF8.isContinuation(utf8[end]) { utf8.formIndex(&end, offsetBy: -1) }
        return self[..<end]
    }
}
