/// Writes protobuf by hand, rules kept or broken: `FrameWriter().varint(1, 5).bytes(6, "abc")`.
struct FrameWriter {
    var bytes: [UInt8] = []

    func raw(_ more: [UInt8]) -> FrameWriter { FrameWriter(bytes: bytes + more) }

    func tag(_ field: UInt32, _ wireType: UInt8) -> FrameWriter { raw(Self.varint(UInt64(field) << 3 | UInt64(wireType))) }

    func varint(_ field: UInt32, _ value: UInt64) -> FrameWriter { tag(field, 0).raw(Self.varint(value)) }

    func fixed64(_ field: UInt32, _ value: UInt64) -> FrameWriter {
        tag(field, 1).raw((0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
    }

    func fixed32(_ field: UInt32, _ value: UInt32) -> FrameWriter {
        tag(field, 5).raw((0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
    }

    func bytes(_ field: UInt32, _ value: [UInt8]) -> FrameWriter { tag(field, 2).raw(Self.varint(UInt64(value.count))).raw(value) }

    func bytes(_ field: UInt32, _ text: String) -> FrameWriter { bytes(field, Array(text.utf8)) }

    func message(_ field: UInt32, _ inner: FrameWriter) -> FrameWriter { bytes(field, inner.bytes) }

    static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
