/// An escape in the text of JSON (RFC 8259, section 7) or of a Python literal (its reference, 2.4.1), a pair of surrogates as one.
struct Escape {
    /// Nil for Python's backslash at the end of a line, which stands for nothing.
    let scalar: Unicode.Scalar?
    /// Bytes from the backslash on.
    let count: Int

    /// - Parameter index: Of a backslash.
    /// - Returns: Nil where no escape of either begins.
    init?(_ bytes: UnsafeRawBufferPointer, at index: Int, in dialect: ObjectScanner.Dialect? = nil) {
        guard index + 1 < bytes.count else { return nil }
        let isPython = dialect != .json, isJSON = dialect != .python
        func digits(_ count: Int, from start: Int, radix: UInt32 = 16) -> UInt32? {
            guard start + count <= bytes.count else { return nil }
            var value: UInt32 = 0
            for position in start..<start + count {
                guard let digit = hexadecimalDigit(bytes[position]), digit < radix else { return nil }
                value = value * radix + digit
            }
            return value
        }
        func simple(_ scalar: Unicode.Scalar) -> (Unicode.Scalar?, Int) { (scalar, 2) }
        let result: (scalar: Unicode.Scalar?, count: Int)
        switch Unicode.Scalar(bytes[index + 1]) {
        case "\"": result = simple("\"")
        case "\\": result = simple("\\")
        case "n": result = simple("\n")
        case "r": result = simple("\r")
        case "t": result = simple("\t")
        case "b": result = simple("\u{8}")
        case "f": result = simple("\u{C}")
        case "/" where isJSON: result = simple("/")
        case "'" where isPython: result = simple("'")
        case "a" where isPython: result = simple("\u{7}")
        case "v" where isPython: result = simple("\u{B}")
        case "\n" where isPython: result = (nil, 2)
        case "u":
            guard let first = digits(4, from: index + 2) else { return nil }
            if let scalar = Unicode.Scalar(first) {
                result = (scalar, 6)
            } else {
                // A high surrogate, which the low one has to follow.
                guard first < 0xDC00, index + 7 < bytes.count, bytes[index + 6] == UInt8(ascii: "\\"),
                    bytes[index + 7] == UInt8(ascii: "u"), let second = digits(4, from: index + 8), (0xDC00...0xDFFF).contains(second)
                else { return nil }
                result = (Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)), 12)
            }
        case "U" where isPython:
            guard let scalar = digits(8, from: index + 2).flatMap(Unicode.Scalar.init) else { return nil }
            result = (scalar, 10)
        case "x" where isPython:
            guard let scalar = digits(2, from: index + 2).flatMap(Unicode.Scalar.init) else { return nil }
            result = (scalar, 4)
        case "0"..."7" where isPython:
            guard let length = (1...3).last(where: { digits($0, from: index + 1, radix: 8) != nil }),
                let scalar = digits(length, from: index + 1, radix: 8).flatMap(Unicode.Scalar.init)
            else { return nil }
            result = (scalar, 1 + length)
        default: return nil
        }
        (scalar, count) = result
    }
}

private func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
}
