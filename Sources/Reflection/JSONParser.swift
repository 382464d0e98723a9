/// A strict reader of JSON (RFC 8259): nothing beyond the grammar, no key twice, at most `Limits.depth` deep.
struct JSONParser {
    private let bytes: [UInt8]
    private var offset = 0

    static func parse(_ text: String) throws(ReflectionError) -> JSONValue {
        var parser = JSONParser(bytes: Array(text.utf8))
        parser.skipSpace()
        let value = try parser.value(depth: 1)
        parser.skipSpace()
        guard parser.offset == parser.bytes.count else { throw parser.expected("the end of the text") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func failure(_ message: String, at offset: Int? = nil) -> ReflectionError {
        let before = bytes[..<(offset ?? self.offset)]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        // A continuation byte belongs to the scalar before it.
        let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
        return ReflectionError(.malformedJSON, at: "line \(line), column \(column)", message)
    }

    private func expected(_ what: String) -> ReflectionError {
        guard offset < bytes.count else { return failure("expected \(what), found the end of the text") }
        let scalar = String(decoding: bytes[offset...].prefix(4), as: UTF8.self).unicodeScalars.first ?? " "
        return failure("expected \(what), found \(quoted(String(scalar)))")
    }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { offset += 1 }
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: byte) else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(ReflectionError) -> JSONValue {
        guard depth <= Limits.depth else { throw failure("more than \(Limits.depth) objects and arrays inside each other") }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case let byte? where byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
            return .number(try number())
        default:
            for (word, value) in [("true", JSONValue.bool(true)), ("false", .bool(false)), ("null", .null)]
            where bytes[offset...].starts(with: word.utf8) {
                offset += word.utf8.count
                return value
            }
            throw expected("a value")
        }
    }

    private mutating func object(depth: Int) throws(ReflectionError) -> JSONValue {
        offset += 1
        var members: [JSONValue.Member] = []
        // Keys are compared by their bytes: Swift's strings are equal when Unicode calls them equivalent, JSON's are not.
        var keys: Set<[UInt8]> = []
        skipSpace()
        if take("}") { return .object(members) }
        while true {
            guard next == UInt8(ascii: "\"") else { throw expected(members.isEmpty ? "a key or }" : "a key") }
            let start = offset
            let key = try string()
            guard keys.insert(Array(key.utf8)).inserted else { throw failure("the key \(quoted(key)) comes twice", at: start) }
            skipSpace()
            guard take(":") else { throw expected(": after the key \(quoted(key))") }
            skipSpace()
            members.append(JSONValue.Member(key: key, value: try value(depth: depth + 1)))
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw expected(", or }") }
            skipSpace()
        }
    }

    private mutating func array(depth: Int) throws(ReflectionError) -> JSONValue {
        offset += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(elements) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw expected(", or ]") }
            skipSpace()
        }
    }

    private mutating func number() throws(ReflectionError) -> String {
        let start = offset
        while let byte = next {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"),
                UInt8(ascii: "E"):
                offset += 1
                continue
            default: break
            }
            break
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard JSONNumber(text) != nil else { throw failure("\(quoted(text)) is not a number of JSON", at: start) }
        return text
    }

    private mutating func string() throws(ReflectionError) -> String {
        let start = offset
        offset += 1
        var content: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                // The text was a String and escapes add whole scalars, so this is valid UTF-8.
                return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): content.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20:
                let digits = (byte < 16 ? "0" : "") + String(byte, radix: 16)
                throw failure("a control character in a string must be written as \\u00\(digits)")
            default:
                content.append(byte)
                offset += 1
            }
        }
        throw failure("the string does not end", at: start)
    }

    private mutating func escape() throws(ReflectionError) -> Unicode.Scalar {
        let start = offset
        offset += 1
        let letter = next
        offset += letter == nil ? 0 : 1
        switch letter {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var unit = try hexadecimal(start)
            if (0xD800...0xDBFF).contains(unit), bytes[offset...].starts(with: "\\u".utf8) {
                offset += 2
                let low = try hexadecimal(start)
                if (0xDC00...0xDFFF).contains(low) { unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00) }
            }
            guard let scalar = Unicode.Scalar(unit) else { throw failure("half of a surrogate pair", at: start) }
            return scalar
        default: throw failure("\\ must be followed by one of \" \\ / b f n r t u", at: start)
        }
    }

    private mutating func hexadecimal(_ start: Int) throws(ReflectionError) -> UInt32 {
        let digits = bytes[offset...].prefix(4)
        let isHexadecimal = digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        guard digits.count == 4, isHexadecimal, let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
            throw failure("\\u must be followed by four hexadecimal digits", at: start)
        }
        offset += 4
        return unit
    }
}
