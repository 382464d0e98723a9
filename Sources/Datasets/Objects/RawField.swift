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
        var writer = TextWriter(result), rest = bytes
        while let index = rest.firstIndex(of: UInt8(ascii: "\\"), from: 0), let escape = Escape(rest, at: index) {
            writer.write(rest[..<index])
            if let scalar = escape.scalar { writer.write(scalar) }
            rest = UnsafeRawBufferPointer(rebasing: rest[(index + escape.count)...])
        }
        writer.write(rest[...])
        return writer.count
    }
}

/// Text with one quote for two.
private func undoubled(_ bytes: UnsafeRawBufferPointer) -> String {
    String(unsafeUninitializedCapacity: bytes.count) { result in
        var writer = TextWriter(result), rest = bytes
        while let index = rest.firstIndex(of: UInt8(ascii: "\""), from: 0) {
            writer.write(rest[...index])
            rest = UnsafeRawBufferPointer(rebasing: rest[min(index + 2, rest.count)...])
        }
        writer.write(rest[...])
        return writer.count
    }
}

private struct TextWriter {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

    mutating func write(_ bytes: Slice<UnsafeRawBufferPointer>) {
        let source = UnsafeRawBufferPointer(rebasing: bytes)
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]).copyMemory(from: source)
        count += source.count
    }

    mutating func write(_ scalar: Unicode.Scalar) {
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
            buffer[count] = byte
            count += 1
        }
    }
}
