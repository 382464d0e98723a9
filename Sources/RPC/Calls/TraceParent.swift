/// The header `traceparent` of W3C Trace Context (level 1, https://www.w3.org/TR/trace-context/): `00-<trace id>-<parent id>-<flags>`.
package struct TraceParent: Sendable, Hashable, CustomStringConvertible {
    /// 32 lower-case hexadecimal digits, not all 0.
    package let traceID: String
    /// 16 lower-case hexadecimal digits, not all 0.
    package let parentID: String
    /// Bit 0: sampled.
    package let flags: UInt8

    /// - Returns: nil for what the specification says to ignore.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, let version = Self.hex(parts[0], 2), version != "ff", version != "00" || parts.count == 4,
            let trace = Self.hex(parts[1], 32), trace.contains(where: { $0 != "0" }),
            let parent = Self.hex(parts[2], 16), parent.contains(where: { $0 != "0" }),
            let flags = Self.hex(parts[3], 2)
        else { return nil }
        traceID = trace
        parentID = parent
        self.flags = UInt8(flags, radix: 16) ?? 0
    }

    private init(traceID: String, parentID: String, flags: UInt8) {
        self.traceID = traceID
        self.parentID = parentID
        self.flags = flags
    }

    private static func hex(_ text: Substring, _ count: Int) -> String? {
        let valid = text.utf8.count == count && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        return valid ? String(text) : nil
    }

    private static func random(digits: Int) -> String {
        let value = UInt64.random(in: 1 ... .max)
        let text = String(value, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// A new trace, sampled.
    package static func root() -> TraceParent {
        TraceParent(traceID: random(digits: 16) + random(digits: 16), parentID: random(digits: 16), flags: 1)
    }

    /// The same trace, one step down.
    package func child() -> TraceParent { TraceParent(traceID: traceID, parentID: Self.random(digits: 16), flags: flags) }

    package var description: String { "00-\(traceID)-\(parentID)-\(flags < 16 ? "0" : "")\(String(flags, radix: 16))" }
}
