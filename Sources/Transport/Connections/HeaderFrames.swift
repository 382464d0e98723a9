package import Wire

/// The header frame's bytes.
extension Header {
    /// Longest header frame, in bytes (PROTOCOL.md 2).
    package static let maxFrameBytes = 65_536

    private static let limits = DecodingLimits(maxDepth: 4, maxFieldCount: 8_192, maxArenaBytes: 4 << 20)

    /// - Throws: for a frame that is too long or fails the checks of PROTOCOL.md 2.1.
    package static func decode(frame bytes: UnsafeRawBufferPointer) throws(WireError) -> Header {
        guard bytes.count <= maxFrameBytes else {
            throw WireError(.tooLarge, "a frame of \(bytes.count) bytes; at most \(maxFrameBytes) are taken", field: fullName)
        }
        return try Header(decoding: bytes, limits: limits)
    }

    /// Replaces the contents of `scratch`.
    package func encodeFrame(into scratch: inout [UInt8]) throws(WireError) {
        try encode(into: &scratch)
        guard scratch.count <= Self.maxFrameBytes else {
            throw WireError(
                .tooLarge, "a frame of \(scratch.count) bytes; at most \(Self.maxFrameBytes) may be sent", field: Self.fullName)
        }
    }
}
