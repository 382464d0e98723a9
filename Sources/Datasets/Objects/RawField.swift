/// A value of a record as the file has it: where its bytes are, and how text is written in them. Valid as long as its line.
struct RawField {
    enum Kind: UInt8 {
        /// The bytes are what stands between the quotes, or a cell of a table.
        case text
        /// The bytes have JSON's grammar of numbers.
        case number
        case boolean
        /// The bytes go from bracket to bracket.
        case list
        case object
    }

    /// How text is written.
    enum Escapes: UInt8 {
        case none
        /// `\n`, `\u00e9`; what follows a backslash was checked.
        case json
        /// `\n`, `\xe9`, `\u00e9`, `\U0001f600`, `\351`; checked too.
        case python
        /// `""` stands for a quote.
        case doubledQuotes
    }

    let kind: Kind
    let escapes: Escapes
    let bytes: UnsafeRawBufferPointer

    /// The text without its escapes.
    var string: String {
        switch escapes {
        case .none: String(decoding: bytes, as: UTF8.self)
        case .json, .python: unescaped(bytes)
        case .doubledQuotes: undoubled(bytes)
        }
    }

    /// For error messages: what was found, cut where it is long.
    var found: String {
        switch kind {
        case .list: return "a list"
        case .object: return "an object"
        case .number, .boolean: return String(decoding: bytes.prefix(40), as: UTF8.self)
        case .text:
            let text = string
            return text.utf8.count > 40 ? "\"\(text.prefix(40))…\"" : "\"\(text)\""
        }
    }
}

/// Text without the escapes of JSON or Python, whose grammar was checked: it is never longer than with them.
private func unescaped(_ bytes: UnsafeRawBufferPointer) -> String {
    String(unsafeUninitializedCapacity: bytes.count) { result in
        var writer = ScalarWriter(result), index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\"), let escape = Escape(bytes, at: index) else {
                writer.write(bytes[index])
                index += 1
                continue
            }
            if let scalar = escape.scalar { writer.write(scalar) }
            index += escape.count
        }
        return writer.count
    }
}

private func undoubled(_ bytes: UnsafeRawBufferPointer) -> String {
    let quote = UInt8(ascii: "\"")
    return String(unsafeUninitializedCapacity: bytes.count) { result in
        var writer = ScalarWriter(result), index = 0
        while index < bytes.count {
            writer.write(bytes[index])
            index += bytes[index] == quote && index + 1 < bytes.count && bytes[index + 1] == quote ? 2 : 1
        }
        return writer.count
    }
}

private struct ScalarWriter {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

    mutating func write(_ byte: UInt8) {
        buffer[count] = byte
        count += 1
    }

    mutating func write(_ scalar: Unicode.Scalar) {
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { write(byte) }
    }
}
