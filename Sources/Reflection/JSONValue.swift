/// A JSON value as it was written: numbers stay text, so that 64-bit integers keep every digit.
package enum JSONValue {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    /// In the order of the text; no key comes twice.
    case object([Member])

    package struct Member {
        package let key: String
        package let value: JSONValue
    }

    /// A text of JSON: nothing beyond the grammar, no key twice.
    /// - Throws: `malformedJSON` with line and column.
    package init(parsing text: String) throws(ReflectionError) { self = try JSONParser.parse(text) }

    /// For error messages: what was found.
    var found: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let text): text.utf8.count > 40 ? "\(text.prefix(40))…" : text
        case .string(let text): quoted(text)
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// A JSON number, exactly.
enum JSONNumber {
    /// A whole number of at most 20 digits.
    case whole(Int128)
    /// Not whole, or with more digits than any integer type has.
    case other

    /// From text of JSON's grammar; nil for any other text. `1.0` and `2e3` are whole.
    init?(_ text: String) {
        var scanner = Array(text.utf8)[...]
        let isNegative = scanner.first == UInt8(ascii: "-")
        if isNegative { scanner.removeFirst() }
        let integer = Self.takeDigits(&scanner)
        guard !integer.isEmpty, integer.count == 1 || integer.first != UInt8(ascii: "0") else { return nil }
        var digits = Array(integer)
        var exponent = 0
        if scanner.first == UInt8(ascii: ".") {
            scanner.removeFirst()
            let fraction = Self.takeDigits(&scanner)
            guard !fraction.isEmpty else { return nil }
            digits += fraction
            exponent = -fraction.count
        }
        if let mark = scanner.first, mark | 0x20 == UInt8(ascii: "e") {
            scanner.removeFirst()
            let sign = scanner.first
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { scanner.removeFirst() }
            let power = Self.takeDigits(&scanner)
            guard !power.isEmpty else { return nil }
            // An exponent beyond Int is far outside every type's range either way.
            let magnitude = Int(String(decoding: power, as: UTF8.self)) ?? Int.max / 4
            exponent += (sign == UInt8(ascii: "-") ? -1 : 1) * min(magnitude, Int.max / 4)
        }
        guard scanner.isEmpty else { return nil }
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        let significant = digits.drop { $0 == UInt8(ascii: "0") }
        guard !significant.isEmpty else {
            self = .whole(0)
            return
        }
        guard exponent >= 0, exponent <= 20, significant.count + exponent <= 20 else {
            self = .other
            return
        }
        var value = significant.reduce(Int128(0)) { $0 * 10 + Int128($1 - UInt8(ascii: "0")) }
        for _ in 0..<exponent { value *= 10 }
        self = .whole(isNegative ? -value : value)
    }

    private static func takeDigits(_ scanner: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = scanner.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        scanner = scanner.dropFirst(digits.count)
        return digits
    }
}
