internal import CProtobufC
internal import CProtos

/// The calling thread's memory for unpacking or packing one message: `enter`, use, `leave`, all on one thread without a suspension
/// between them. Only generated code does that. Not Sendable: it belongs to its thread.
package struct Arena {
    let raw: OpaquePointer

    private init(raw: OpaquePointer) { self.raw = raw }

    /// The thread's arena, empty, with room for `limits.maxArenaBytes`. To enter it again before `leave` is a bug and stops the process.
    package static func enter(_ limits: DecodingLimits = .standard) -> Arena {
        guard let raw = rd_arena_enter(limits.maxArenaBytes) else {
            preconditionFailure("a message is unpacked or packed inside the unpacking or packing of another")
        }
        return Arena(raw: raw)
    }

    /// Gives back what was allocated.
    package func leave() { rd_arena_leave(raw) }

    /// Holds the bytes against the rules and unpacks them: the address of protobuf-c's struct, good until `leave`.
    /// `descriptor` is a message's `WireMessage.descriptor`.
    package func unpack(
        _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafeRawPointer, _ limits: DecodingLimits
    ) throws(WireError) -> UnsafeRawPointer {
        let type = descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
        let address = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var costs = rd_limits(limits)
        var finding = rd_finding()
        guard let message = rd_unpack(raw, type, address, bytes.count, &costs, &finding) else {
            throw WireError(finding, limits: limits)
        }
        return UnsafeRawPointer(message)
    }

    /// Packs the struct at `message`, which must be one of protobuf-c's, into `scratch`, replacing what is there.
    package func pack(_ message: UnsafeRawPointer, into scratch: inout [UInt8]) throws(WireError) {
        let message = message.assumingMemoryBound(to: ProtobufCMessage.self)
        let count = protobuf_c_message_get_packed_size(message)
        if scratch.capacity < count {
            scratch = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                filled = protobuf_c_message_pack(message, buffer.baseAddress)
            }
        } else {
            if scratch.count > count {
                scratch.removeLast(scratch.count - count)
            } else {
                scratch.append(contentsOf: repeatElement(0, count: count - scratch.count))
            }
            scratch.withUnsafeMutableBufferPointer { buffer in
                _ = protobuf_c_message_pack(message, buffer.baseAddress)
            }
        }
        try Arena.checkAcceptable(scratch, message.pointee.descriptor)
    }

    /// Throws where a receiver with the protocol's limits would refuse the message. A field takes at least a byte, so that only
    /// messages of more bytes than the limit of fields are worth the look.
    private static func checkAcceptable(_ bytes: [UInt8], _ type: UnsafePointer<ProtobufCMessageDescriptor>) throws(WireError) {
        guard bytes.count > DecodingLimits.standard.maxFieldCount else { return }
        var costs = rd_limits(.standard)
        var finding = rd_finding()
        guard rd_prescan(type, bytes, bytes.count, &costs, &finding) != RD_NONE else { return }
        let refusal = WireError(finding, limits: .standard)
        throw WireError(.tooLarge, "no receiver takes it: \(refusal.message)", field: refusal.field)
    }
}

extension rd_limits {
    fileprivate init(_ limits: DecodingLimits) {
        self.init(max_depth: limits.maxDepth, max_field_count: limits.maxFieldCount, max_arena_bytes: limits.maxArenaBytes)
    }
}
