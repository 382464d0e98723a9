internal import Foundation

/// A text as it is stored: what a shop exports, as people would read it.
///
/// HTML entities become their characters (once), line ends `\n`, control characters other than line ends and tabs go, and the rest is composed
/// (Unicode's normalisation form C, UAX 15). Of combining marks in a row the first `mostMarks` stay, as in UAX 15's stream-safe text: putting
/// more in order takes quadratic time. Ids are never cleaned.
package enum StoredText {
    package static func cleaned(_ text: String) -> String {
        var text = text
        // Most texts are that way already, and are only looked through.
        if text.withUTF8({ isClean($0) }) { return text }
        let decoded = HTMLEntities.decoded(text)
        var scalars = String.UnicodeScalarView(), followsReturn = false, marks = 0
        scalars.reserveCapacity(decoded.unicodeScalars.count)
        for scalar in decoded.unicodeScalars {
            marks = scalar.properties.canonicalCombiningClass == .notReordered ? 0 : marks + 1
            guard marks <= mostMarks else { continue }
            switch scalar {
            case "\r": scalars.append("\n")
            case "\n" where followsReturn: break
            case "\n", "\t": scalars.append(scalar)
            case _ where scalar.properties.generalCategory == .control: break
            default: scalars.append(scalar)
            }
            followsReturn = scalar == "\r"
        }
        let result = String(scalars)
        return isComposed(result) ? result : result.precomposedStringWithCanonicalMapping
    }

    private static let mostMarks = 30

    private static func isClean(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            if byte < 0x80 {
                guard byte >= 0x20 || byte == 0x0A || byte == 0x09, byte != 0x7F, byte != UInt8(ascii: "&"), byte != UInt8(ascii: "<")
                else { return false }
                at += 1
            } else {
                let length = composedLength(bytes, at)
                guard length > 0 else { return false }
                at += length
            }
        }
        return true
    }

    private static func isComposed(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var at = 0
            while at < bytes.count {
                let length = bytes[at] < 0x80 ? 1 : composedLength(bytes, at)
                if length == 0 { return false }
                at += length
            }
            return true
        }
    }

    /// Bytes of the character at `at` where it is certain that it neither composes with a neighbour nor decomposes, and is no control
    /// character: U+00A0 to U+02FF, the quotation marks and dashes U+2010 to U+203F, the emoji U+1F000 to U+1FFFF. 0 where it may.
    private static func composedLength(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
        let byte = bytes[at]
        switch byte {
        case 0xC2: return bytes[at + 1] >= 0xA0 ? 2 : 0
        case 0xC3...0xCB: return 2
        case 0xE2: return bytes[at + 1] == 0x80 && bytes[at + 2] >= 0x90 && bytes[at + 2] != 0xA8 && bytes[at + 2] != 0xA9 ? 3 : 0
        case 0xF0: return bytes[at + 1] == 0x9F ? 4 : 0
        default: return 0
        }
    }
}
