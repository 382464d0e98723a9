/// A text as the pre-tokenisers look at it: its scalars, what each is, and where its bytes are.
struct Characters {
    /// The classes that the rules' regular expressions tell apart.
    enum Class: UInt8 {
        /// `\p{L}`
        case letter
        /// `\p{N}`
        case number
        /// `\s`
        case space
        /// `\p{P}`
        case punctuation
        /// All others.
        case other
    }

    let scalars: [Unicode.Scalar]
    let classes: [Class]
    /// Where each scalar's bytes begin, and the end of the last.
    let offsets: [Int]

    init(_ text: Substring) {
        var scalars: [Unicode.Scalar] = [], classes: [Class] = [], offsets = [0], at = 0
        for scalar in text.unicodeScalars {
            scalars.append(scalar)
            classes.append(Self.classify(scalar))
            at += UTF8.width(scalar)
            offsets.append(at)
        }
        self.scalars = scalars
        self.classes = classes
        self.offsets = offsets
    }

    var count: Int { scalars.count }

    private static func classify(_ scalar: Unicode.Scalar) -> Class {
        if scalar.isASCII {
            switch scalar {
            case "a"..."z", "A"..."Z": return .letter
            case "0"..."9": return .number
            case " ", "\t"..."\r": return .space
            case "$", "+", "<", "=", ">", "^", "`", "|", "~": return .other
            case "!"..."~": return .punctuation
            default: return .other
            }
        }
        if scalar.properties.isWhitespace { return .space }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
        case .decimalNumber, .letterNumber, .otherNumber: return .number
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
            .otherPunctuation:
            return .punctuation
        default: return .other
        }
    }
}
