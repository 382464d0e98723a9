/// How BLEU divides a text into tokens. Case is kept.
package enum BLEUTokenizer: String, Sendable, CaseIterable {
    /// That of mteval-v13a, sacrebleu's default: ASCII punctuation stands alone, but points and commas within numbers.
    case mteval13a = "13a"
    /// At white space only.
    case none

    package func tokens(_ text: String) -> [String] {
        switch self {
        case .none: Self.split(Array(text.unicodeScalars))
        case .mteval13a: Self.split(Self.separated(text))
        }
    }

    /// As Python's `str.split()`: its white space has four separators more than Unicode's.
    private static func split(_ text: [Unicode.Scalar]) -> [String] {
        text.split { $0.properties.isWhitespace || (0x1C...0x1F).contains($0.value) }.map { scalars in
            var token = String.UnicodeScalarView()
            token.append(contentsOf: scalars)
            return String(token)
        }
    }

    /// The steps of sacrebleu 2's `tokenizer_13a` and `tokenizer_re`, each over the whole text.
    private static func separated(_ text: String) -> [Unicode.Scalar] {
        var text = Array(text.unicodeScalars)
        // A sentence is stripped at its end before it is tokenised.
        while let last = text.last, last.properties.isWhitespace || (0x1C...0x1F).contains(last.value) { text.removeLast() }
        text = replace("<skipped>", "", text)
        text = replace("-\n", "", text)
        text = replace("\n", " ", text)
        for (entity, character) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
            text = replace(entity, character, text)
        }
        text = [" "] + text + [" "]
        text = text.flatMap { isPunctuation($0) ? [" ", $0, " "] : [$0] }
        text = replacePairs(text, { !isDigit($0) && isPointOrComma($1) }) { [$0, " ", $1, " "] }
        text = replacePairs(text, { isPointOrComma($0) && !isDigit($1) }) { [" ", $0, " ", $1] }
        return replacePairs(text, { isDigit($0) && $1 == "-" }) { [$0, " ", $1, " "] }
    }

    /// Replaces all occurrences from the left, none of which overlap.
    private static func replace(_ pattern: String, _ replacement: String, _ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        let pattern = Array(pattern.unicodeScalars)
        guard text.contains(pattern[0]) else { return text }
        var result: [Unicode.Scalar] = [], at = 0
        while at < text.count {
            if text[at...].starts(with: pattern) {
                result.append(contentsOf: replacement.unicodeScalars)
                at += pattern.count
            } else {
                result.append(text[at])
                at += 1
            }
        }
        return result
    }

    /// The same of two characters in a row.
    private static func replacePairs(
        _ text: [Unicode.Scalar], _ matches: (Unicode.Scalar, Unicode.Scalar) -> Bool,
        _ replacement: (Unicode.Scalar, Unicode.Scalar) -> [Unicode.Scalar]
    ) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = [], at = 0
        while at < text.count {
            if at + 1 < text.count, matches(text[at], text[at + 1]) {
                result.append(contentsOf: replacement(text[at], text[at + 1]))
                at += 2
            } else {
                result.append(text[at])
                at += 1
            }
        }
        return result
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func isPointOrComma(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }

    /// The class `[\{-\~\[-\` -\&\(-\+\:-\@\/]` of mteval: ASCII's punctuation and the blank, without the apostrophe, the comma, the hyphen and
    /// the point.
    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "{"..."~", "["..."`", " "..."&", "("..."+", ":"..."@", "/": true
        default: false
        }
    }
}
