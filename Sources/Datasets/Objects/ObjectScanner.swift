/// Goes through the members of an object of JSON (RFC 8259, strictly) or a Python literal, without making values of what nobody wants.
///
/// Reflection's parser, which makes a tree of values, takes four times as long for a review (0.11 against 0.45 million lines of 725 bytes
/// a second on one core): a review has a dozen members of which five are wanted, and its text is most of it. So members are handed out as
/// places in the line, text is searched for its end eight bytes at a time, and only what is wanted becomes strings. The whole line is
/// checked all the same. That a key comes twice is for the caller to notice.
///
/// Its bytes have to be UTF-8 already, and to outlive it and what it hands out.
struct ObjectScanner {
    enum Dialect {
        case json
        /// `repr` of a dict: True, False and None for JSON's words, and text between either kind of quotes.
        case python
    }

    private let bytes: UnsafeRawBufferPointer
    private let dialect: Dialect
    private var offset = 0
    private var isFirst = true

    /// Begins with an object, of Python where its first key begins with a single quote, as keys without apostrophes do there.
    init(object bytes: UnsafeRawBufferPointer) throws(LineFault) {
        self.bytes = bytes
        let first = bytes.lazy.filter { !isSpace($0) }.prefix(2)
        dialect = first.elementsEqual([UInt8(ascii: "{"), UInt8(ascii: "'")]) ? .python : .json
        skipSpace()
        guard take("{") else { throw expected("an object") }
        skipSpace()
    }

    /// Begins with a list that another scanner has handed out.
    init(list: RawField) {
        bytes = list.bytes
        dialect = list.escapes == .python ? .python : .json
        offset = 1
        skipSpace()
    }

    /// The next member: its key, and its value, which is nil for null. Nil behind the last; then nothing follows the object either.
    mutating func nextMember() throws(LineFault) -> (key: RawField, value: RawField?)? {
        guard try beginsNext("}") else {
            guard offset == bytes.count else { throw expected("the end of the line") }
            return nil
        }
        guard let key = try text() else { throw expected(isFirst ? "a key or }" : "a key") }
        isFirst = false
        skipSpace()
        guard take(":") else { throw expected(": after the key \(key.found)") }
        skipSpace()
        let value = try value(depth: 1)
        skipSpace()
        return (key, value)
    }

    /// The next element; `.some(nil)` for null, nil behind the last.
    mutating func nextElement() throws(LineFault) -> RawField?? {
        guard try beginsNext("]") else { return nil }
        isFirst = false
        let value = try value(depth: 1)
        skipSpace()
        return .some(value)
    }

    /// Takes what stands between two members or elements.
    /// - Returns: False for the end, whose bracket is taken.
    private mutating func beginsNext(_ close: Unicode.Scalar) throws(LineFault) -> Bool {
        if take(close) {
            skipSpace()
            return false
        }
        if !isFirst {
            guard take(",") else { throw expected(", or \(close)") }
            skipSpace()
            // Python takes a comma before the bracket; `repr` writes none.
        }
        return true
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(LineFault) -> RawField? {
        guard depth <= Limits.depth else { throw fault("more than \(Limits.depth) objects and lists inside each other") }
        let start = offset
        guard offset < bytes.count else { throw expected("a value") }
        switch bytes[offset] {
        case UInt8(ascii: "{"):
            try skip(from: "{", to: "}", depth: depth)
            return field(.object, from: start)
        case UInt8(ascii: "["):
            try skip(from: "[", to: "]", depth: depth)
            return field(.list, from: start)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard let count = DecimalNumber.prefixCount(of: UnsafeRawBufferPointer(rebasing: bytes[offset...])) else {
                throw fault("not a number as JSON writes it")
            }
            offset += count
            return field(.number, from: start)
        default:
            if let text = try text() { return text }
            return try word()
        }
    }

    private func field(_ kind: RawField.Kind, from start: Int) -> RawField {
        RawField(
            kind: kind, escapes: dialect == .python ? .python : .none, bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]))
    }

    private mutating func word() throws(LineFault) -> RawField? {
        let start = offset
        let words: [StaticString] = dialect == .json ? ["true", "false", "null"] : ["True", "False", "None"]
        for (index, word) in words.enumerated() where take(word: word) { return index == 2 ? nil : field(.boolean, from: start) }
        throw expected("a value")
    }

    /// Goes through an object or a list inside the outer one.
    private mutating func skip(from open: Unicode.Scalar, to close: Unicode.Scalar, depth: Int) throws(LineFault) {
        _ = take(open)
        skipSpace()
        if take(close) { return }
        while true {
            if open == "{" {
                guard let key = try text() else { throw expected("a key") }
                skipSpace()
                guard take(":") else { throw expected(": after the key \(key.found)") }
                skipSpace()
            }
            _ = try value(depth: depth + 1)
            skipSpace()
            if take(close) { return }
            guard take(",") else { throw expected(", or \(close)") }
            skipSpace()
        }
    }

    // MARK: Text

    /// The text that begins here; nil where none does.
    private mutating func text() throws(LineFault) -> RawField? {
        guard offset < bytes.count else { return nil }
        let quote = bytes[offset]
        guard quote == UInt8(ascii: "\"") || (dialect == .python && quote == UInt8(ascii: "'")) else { return nil }
        offset += 1
        let start = offset
        var hasEscapes = false
        while true {
            offset = endOfPlainText(from: offset, quote: quote)
            guard offset < bytes.count else {
                offset = start - 1
                throw fault("text without the quote at its end")
            }
            if bytes[offset] == quote { break }
            guard bytes[offset] == UInt8(ascii: "\\") else {
                throw fault("a control character (0x\(String(bytes[offset], radix: 16))) in text: it has to be escaped")
            }
            guard let escape = Escape(bytes, at: offset, in: dialect) else {
                let found = String(decoding: bytes[offset...].prefix(6), as: UTF8.self)
                throw fault("\(found) is no escape" + (found.hasPrefix("\\u") ? ", or half of a pair of surrogates" : ""))
            }
            hasEscapes = true
            offset += escape.count
        }
        let escapes: RawField.Escapes = !hasEscapes ? .none : dialect == .json ? .json : .python
        let text = RawField(kind: .text, escapes: escapes, bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]))
        offset += 1
        return text
    }

    /// The first index at or behind `start` of a quote, a backslash or a control character.
    private func endOfPlainText(from start: Int, quote: UInt8) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101, highs = ones << 7
        let quotes = ones &* UInt64(quote), backslashes = ones &* UInt64(UInt8(ascii: "\\"))
        var index = start
        while index &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            // The lowest high bit that is set marks the first byte that is 0, or below 0x20; those above it may be wrong.
            let quoted = word ^ quotes, escaped = word ^ backslashes
            let marks =
                ((quoted &- ones) & ~quoted | (escaped &- ones) & ~escaped | (word &- ones &* 0x20) & ~word) & highs
            if marks != 0 { return index &+ marks.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < bytes.count, bytes[index] != quote, bytes[index] != UInt8(ascii: "\\"), bytes[index] >= 0x20 { index += 1 }
        return index
    }

    // MARK: Bytes

    private mutating func skipSpace() {
        while offset < bytes.count, isSpace(bytes[offset]) { offset += 1 }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: scalar) else { return false }
        offset += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        let isHere = word.withUTF8Buffer { bytes[offset...].starts(with: $0) }
        if isHere { offset += word.utf8CodeUnitCount }
        return isHere
    }

    private func fault(_ what: String) -> LineFault { LineFault("byte \(offset + 1): \(what)") }

    private func expected(_ what: String) -> LineFault {
        guard offset < bytes.count else { return fault("expected \(what), found the end") }
        let scalar = String(decoding: bytes[offset...].prefix(4), as: UTF8.self).unicodeScalars.first ?? " "
        return fault("expected \(what), found \"\(String(scalar))\"")
    }
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
