// How single values are written in JSON.

/// A string in quotation marks. Beside what JSON asks for, DEL and the C1 controls are escaped: terminals act on them.
func appendJSONString(_ string: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for scalar in string.unicodeScalars {
        switch scalar {
        case "\"": text.append(contentsOf: "\\\"".utf8)
        case "\\": text.append(contentsOf: "\\\\".utf8)
        case "\u{8}": text.append(contentsOf: "\\b".utf8)
        case "\u{C}": text.append(contentsOf: "\\f".utf8)
        case "\n": text.append(contentsOf: "\\n".utf8)
        case "\r": text.append(contentsOf: "\\r".utf8)
        case "\t": text.append(contentsOf: "\\t".utf8)
        case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}":
            let digits = String(scalar.value, radix: 16)
            text.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
        default: text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }
    text.append(UInt8(ascii: "\""))
}

/// The shortest decimal that reads back as the same number; an exponent below 1e-4 and from 1e16 on; proto3's words for what is
/// not finite. -0.0 keeps its fraction, since many readers take `-0` for the integer 0.
func jsonNumber<F: BinaryFloatingPoint & LosslessStringConvertible>(_ value: F) -> String {
    if value.isNaN { return "\"NaN\"" }
    if value.isInfinite { return value < 0 ? "\"-Infinity\"" : "\"Infinity\"" }
    if value == 0 { return value.sign == .minus ? "-0.0" : "0" }
    // The standard library's description has the shortest digits; where it puts the exponent differs between types.
    let parts = value.magnitude.description.split(separator: "e")
    let halves = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let fraction = halves.count > 1 ? halves[1] : ""
    var digits = Array((halves[0] + fraction).utf8)
    // The value is 0.d₁d₂d₃… · 10^point.
    var point = halves[0].utf8.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    let zero = UInt8(ascii: "0")
    while digits.count > 1, digits.last == zero { digits.removeLast() }
    while digits.count > 1, digits.first == zero {
        digits.removeFirst()
        point -= 1
    }
    func text(_ digits: some Sequence<UInt8>) -> String { String(decoding: Array(digits), as: UTF8.self) }
    let sign = value < 0 ? "-" : ""
    let exponent = point - 1
    if exponent < -4 || exponent >= 16 {
        let mantissa = digits.count == 1 ? text(digits) : "\(text(digits.prefix(1))).\(text(digits.dropFirst()))"
        let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
        return "\(sign)\(mantissa)e\(exponent < 0 ? "-" : "+")\(power)"
    }
    if point <= 0 { return "\(sign)0.\(String(repeating: "0", count: -point))\(text(digits))" }
    if point >= digits.count { return "\(sign)\(text(digits))\(String(repeating: "0", count: point - digits.count))" }
    return "\(sign)\(text(digits.prefix(point))).\(text(digits.dropFirst(point)))"
}

private let base64Alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// RFC 4648's standard alphabet, padded.
func base64Encoded(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
        for digit in 0..<4 {
            text.append(digit <= group.count ? base64Alphabet[Int(bits >> (18 - 6 * UInt32(digit)) & 63)] : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}

/// The standard or the URL-safe alphabet, padded or not; nil for anything else.
func base64Decoded(_ text: String) -> [UInt8]? {
    var digits = Array(text.utf8)
    if digits.count.isMultiple(of: 4) {
        for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
    }
    guard digits.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var bitCount = 0
    for digit in digits {
        let value: UInt8
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
        default: return nil
        }
        bits = bits << 6 | UInt32(value)
        bitCount += 6
        if bitCount >= 8 {
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
        }
    }
    return bytes
}
