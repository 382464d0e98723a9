/// Z85 (ZeroMQ RFC 32): 4 bytes, as one big-endian number, are 5 digits of base 85.
package enum Z85 {
    private static let digits = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#".utf8)

    /// The value of each byte as a digit, 255 for what is none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    /// The text of `bytes`, whose count must be a multiple of 4.
    package static func encode(_ bytes: [UInt8]) -> String {
        precondition(bytes.count % 4 == 0, "Z85 encodes groups of 4 bytes")
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 4 * 5)
        for start in stride(from: 0, to: bytes.count, by: 4) {
            let number = bytes[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            for divisor: UInt32 in [85 * 85 * 85 * 85, 85 * 85 * 85, 85 * 85, 85, 1] {
                text.append(digits[Int(number / divisor % 85)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of `text`; nil when its length is no multiple of 5, a byte is no digit or five of them exceed 32 bits.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 5 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 5 * 4)
        var number: UInt64 = 0
        for (position, character) in text.enumerated() {
            let value = values[Int(character)]
            guard value < 85 else { return nil }
            number = number * 85 + UInt64(value)
            guard position % 5 == 4 else { continue }
            guard let whole = UInt32(exactly: number) else { return nil }
            withUnsafeBytes(of: whole.bigEndian) { bytes.append(contentsOf: $0) }
            number = 0
        }
        return bytes
    }
}
