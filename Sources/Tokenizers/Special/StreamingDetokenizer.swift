/// Turns tokens into text as they come, and gives out whole characters only: a token may end within one.
package struct StreamingDetokenizer: Sendable {
    private let tokenizer: any Tokenizer
    private var pending: [UInt8] = []

    package init(_ tokenizer: any Tokenizer) { self.tokenizer = tokenizer }

    /// The characters that this token completes. Bytes that cannot begin or go on a character become U+FFFD at once.
    package mutating func append(_ token: Int32) -> String {
        pending += tokenizer.bytes(of: token)
        let whole = pending.count - Self.unfinished(pending)
        defer { pending.removeFirst(whole) }
        return String(decoding: pending[..<whole], as: UTF8.self)
    }

    /// What is left when no more tokens come: nothing, or U+FFFD for a character that was cut off.
    package mutating func finish() -> String {
        defer { pending = [] }
        return String(decoding: pending, as: UTF8.self)
    }

    /// How many bytes at the end are the beginning of a character that may still go on.
    private static func unfinished(_ bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let byte = bytes[bytes.count - length]
            if byte & 0xC0 == 0x80 { continue }
            let wanted = byte >= 0xF0 && byte < 0xF5 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 && byte < 0xE0 ? 2 : 1
            return byte < 0xF5 && wanted > length ? length : 0
        }
        return 0
    }
}
