/// What the decoding of one frame may cost (Protos/PROTOCOL.md, section 2.1).
package struct DecodingLimits: Sendable, Hashable {
    /// The deepest nesting of messages, the outermost counting 1: 1 to 16 (more than 16 counts as 16).
    package var maxDepth: Int
    /// Fields, known and unknown, and elements of packed fields, all together.
    package var maxFieldCount: Int
    /// Bytes of memory for protobuf-c's message and its scratch space.
    package var maxArenaBytes: Int

    /// The protocol's limits where nothing else is given.
    package init(maxDepth: Int = 16, maxFieldCount: Int = 262_144, maxArenaBytes: Int = 64 << 20) {
        precondition(maxDepth >= 0 && maxFieldCount >= 0 && maxArenaBytes >= 0, "limits are not negative")
        self.maxDepth = maxDepth
        self.maxFieldCount = maxFieldCount
        self.maxArenaBytes = maxArenaBytes
    }

    /// The protocol's limits: depth 16, 262,144 fields, 64 MiB.
    package static let standard = DecodingLimits()
}
