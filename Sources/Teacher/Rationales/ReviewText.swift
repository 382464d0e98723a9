internal import Foundation
internal import TextCleaning

/// A review as it is shown to the model: one line of visible characters, without straight or curved double quotation marks, of at most so
/// many tokens. So it can neither end the quotation it stands in nor begin a line of its own.
package struct ReviewText: Sendable, Equatable {
    /// Never empty.
    package let text: String
    /// Whether the review was longer; the text then ends in an ellipsis.
    package let isCut: Bool

    /// - Parameters:
    ///   - review: As it was imported: HTML entities are decoded.
    ///   - mostTokens: At least 16; those of the text with a space before it.
    /// - Returns: Nil for a review without visible characters.
    package init?(_ review: String, mostTokens: Int, _ words: WordTokenizer) {
        let head = review.prefix(bytes: ReviewCut.mostBytes(mostTokens) * Self.mostRawBytesPerByte)
        let line = Self.line(of: HTMLEntities.decoded(String(head)))
        guard !line.isEmpty else { return nil }
        (text, isCut) = ReviewCut.cut(line, isWhole: head.endIndex == review.endIndex, mostTokens: mostTokens, words)
    }

    /// What is read of a review for a byte that may be kept, so that one of megabytes takes no time. Entities and white space have more
    /// bytes than what they become, but no honest text has so many.
    private static let mostRawBytesPerByte = 16

    /// A text as one line: white space folded, invisible characters gone, double quotation marks made single, composed (NFC).
    package static func line(of text: String) -> String {
        var line = LineMaker()
        for scalar in text.unicodeScalars { line.append(scalar) }
        return String(line.scalars).precomposedStringWithCanonicalMapping
    }
}

/// Folds and filters scalars as they come.
private struct LineMaker {
    private(set) var scalars = String.UnicodeScalarView()
    private var last: Unicode.Scalar = " "
    private var spaceIsDue = false
    /// One that comes between two characters which it may join.
    private var joiner: Unicode.Scalar?
    /// Combining marks since the last character of another kind.
    private var marks = 0

    /// As in Unicode's stream-safe text format (UAX 15); more only take time.
    private static let mostMarks = 30

    mutating func append(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            switch scalar {
            case " ", "\t"..."\r": foldSpace()
            case "!"..."~": keep(scalar == "\"" ? "'" : scalar)
            default: break
            }
            return
        }
        if scalar.properties.isWhitespace { return foldSpace() }
        switch scalar.properties.generalCategory {
        case .format where scalar == "\u{200D}" || scalar == "\u{200C}":
            // Part of emoji and of some scripts' words; in ASCII it only hides.
            joiner = last.isASCII || spaceIsDue ? nil : scalar
        case .control, .format, .privateUse, .surrogate: break
        case _ where scalar == "\u{FFFD}": break
        case .nonspacingMark, .spacingMark, .enclosingMark:
            let before = marks
            if before < Self.mostMarks {
                keep(scalar)
                marks = before + 1
            }
        default: keep(Self.doubleQuotes.contains(scalar) ? "'" : scalar)
        }
    }

    private mutating func foldSpace() {
        spaceIsDue = !scalars.isEmpty
        joiner = nil
    }

    private mutating func keep(_ scalar: Unicode.Scalar) {
        if let joiner, !scalar.isASCII { scalars.append(joiner) }
        if spaceIsDue { scalars.append(" ") }
        scalars.append(scalar)
        last = scalar
        spaceIsDue = false
        joiner = nil
        marks = 0
    }

    /// What may be taken for `"`.
    private static let doubleQuotes: Set<Unicode.Scalar> = [
        "“", "”", "„", "‟", "″", "‶", "\u{FF02}", "\u{301D}", "\u{301E}", "\u{301F}", "❝", "❞", "\u{1F676}", "\u{1F677}", "\u{1F678}",
        "\u{2E42}", "\u{02BA}", "\u{02DD}", "\u{05F4}", "\u{3003}",
    ]
}
