/// Numbers as JSON writes them: `-`, digits, a fraction, an exponent; no leading zeros, no plus, no words.
enum DecimalNumber {
    /// The bytes of the number that `bytes` begin with; nil where they begin with none.
    static func prefixCount(of bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        func digits() -> Int {
            let start = index
            while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 { index += 1 }
            return index - start
        }
        func take(_ byte: Unicode.Scalar) -> Bool {
            guard index < bytes.count, bytes[index] == UInt8(ascii: byte) else { return false }
            index += 1
            return true
        }
        _ = take("-")
        let start = index, whole = digits()
        guard whole > 0, whole == 1 || bytes[start] != UInt8(ascii: "0") else { return nil }
        if take(".") { guard digits() > 0 else { return nil } }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() > 0 else { return nil }
        }
        return index
    }

    /// The nearest double to a number that fills `bytes`; nil for anything else, and for what is too large for a double.
    static func value(of bytes: UnsafeRawBufferPointer) -> Double? {
        guard prefixCount(of: bytes) == bytes.count else { return nil }
        if let short = shortValue(of: bytes) { return short }
        guard let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    /// Of few digits without an exponent: exact, since the digits and the power of ten both are doubles. Ratings and times all are so.
    private static func shortValue(of bytes: UnsafeRawBufferPointer) -> Double? {
        guard bytes.count <= 16 else { return nil }
        var digits = 0, power = 1.0, isFraction = false, sign = 1.0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "-"): sign = -1
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits = digits * 10 + Int(byte - UInt8(ascii: "0"))
                if isFraction { power *= 10 }
            default: return nil
            }
        }
        return digits < 1 << 53 ? sign * (Double(digits) / power) : nil
    }
}
