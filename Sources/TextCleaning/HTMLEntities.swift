/// Text out of HTML, as shops' exports of reviews have it: entities become characters, `<br>` a space.
package enum HTMLEntities {
    /// Decodes each entity once: `&amp;lt;` becomes `&lt;`, which stays. What is no entity that is known stays as it is.
    package static func decoded(_ text: String) -> String {
        var source = text
        return source.withUTF8 { bytes in
            guard bytes.contains(where: { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: "<") }) else { return text }
            var result: [UInt8] = [], at = 0
            result.reserveCapacity(bytes.count)
            while at < bytes.count {
                if bytes[at] == UInt8(ascii: "&"), let (scalar, end) = entity(bytes, at) {
                    result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                    at = end
                } else if bytes[at] == UInt8(ascii: "<"), let end = lineBreak(bytes, at) {
                    result.append(UInt8(ascii: " "))
                    at = end
                } else {
                    result.append(bytes[at])
                    at += 1
                }
            }
            return String(decoding: result, as: UTF8.self)
        }
    }

    /// The longest between `&` and `;`.
    private static let longestName = 10

    private static func entity(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> (Unicode.Scalar, end: Int)? {
        let rest = bytes[(at + 1)...].prefix(longestName + 1)
        guard let end = rest.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let name = String(decoding: bytes[(at + 1)..<end], as: UTF8.self)
        return (name.hasPrefix("#") ? numbered(name.dropFirst()) : names[name]).map { ($0, end + 1) }
    }

    private static func numbered(_ name: Substring) -> Unicode.Scalar? {
        let isHexadecimal = name.first == "x" || name.first == "X"
        let digits = isHexadecimal ? name.dropFirst() : name
        guard digits.first != "+", digits.first != "-", let value = UInt32(digits, radix: isHexadecimal ? 16 : 10) else { return nil }
        // HTML reads these as Windows-1252.
        if (0x80...0x9F).contains(value) { return Unicode.Scalar(windows1252[Int(value) - 0x80]) }
        return Unicode.Scalar(value)
    }

    /// The end of `<br>`, `<br/>` or `<br />`.
    private static func lineBreak(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int? {
        let rest = bytes[(at + 1)...]
        guard rest.count >= 3, rest[at + 1] | 0x20 == UInt8(ascii: "b"), rest[at + 2] | 0x20 == UInt8(ascii: "r") else { return nil }
        var end = at + 3
        while end < bytes.count, bytes[end] == UInt8(ascii: " ") { end += 1 }
        if end < bytes.count, bytes[end] == UInt8(ascii: "/") { end += 1 }
        return end < bytes.count && bytes[end] == UInt8(ascii: ">") ? end + 1 : nil
    }

    private static let windows1252: [UInt16] = [
        0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
        0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
    ]

    /// The names of U+00A0 to U+00FF, in order.
    private static let latin1 = """
        nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot \
        cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml \
        Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig \
        agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute \
        ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml
        """

    private static let names: [String: Unicode.Scalar] = {
        var names: [String: Unicode.Scalar] = [
            "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "OElig": "Œ", "oelig": "œ", "Scaron": "Š", "scaron": "š",
            "ndash": "–", "mdash": "—", "lsquo": "‘", "rsquo": "’", "sbquo": "‚", "ldquo": "“", "rdquo": "”", "bdquo": "„", "bull": "•",
            "hellip": "…", "prime": "′", "Prime": "″", "lsaquo": "‹", "rsaquo": "›", "euro": "€", "trade": "™", "larr": "←", "rarr": "→",
            "minus": "−", "infin": "∞", "ne": "≠", "le": "≤", "ge": "≥", "hearts": "♥", "ensp": "\u{2002}", "emsp": "\u{2003}",
            "thinsp": "\u{2009}", "zwnj": "\u{200C}", "zwj": "\u{200D}", "lrm": "\u{200E}", "rlm": "\u{200F}",
        ]
        for (offset, name) in latin1.split(separator: " ").enumerated() { names[String(name)] = Unicode.Scalar(UInt8(0xA0 + offset)) }
        return names
    }()
}
