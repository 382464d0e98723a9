package import CProtobufC
internal import CProtos
internal import Glibc

// What the generated `fill` calls: each function copies one field's value into the arena. `field` is its full name, for errors.

extension Arena {
    /// A NUL-terminated copy. Throws where the text has a NUL: C would cut it there.
    package func string(_ text: String, _ field: StaticString) throws(WireError) -> UnsafeMutablePointer<CChar> {
        var text = text
        let count = text.utf8.count
        let copy = try allocate(CChar.self, count: count + 1, field)
        text.withUTF8 { bytes in
            if let source = bytes.baseAddress { UnsafeMutableRawPointer(copy).copyMemory(from: source, byteCount: count) }
        }
        copy[count] = 0
        let length = strlen(copy)
        guard length == count else {
            throw WireError(.unencodable, "byte \(length) of the string is a NUL, which no string may have", field: "\(field)")
        }
        return copy
    }

    /// A copy of bytes.
    package func bytes(_ bytes: [UInt8], _ field: StaticString) throws(WireError) -> ProtobufCBinaryData {
        ProtobufCBinaryData(len: bytes.count, data: try scalars(bytes, field))
    }

    /// A copy of numbers.
    package func scalars<Element: BitwiseCopyable>(
        _ values: [Element], _ field: StaticString
    ) throws(WireError) -> UnsafeMutablePointer<Element> {
        let copy = try allocate(Element.self, count: values.count, field)
        values.withUnsafeBufferPointer { source in
            if let address = source.baseAddress { copy.update(from: address, count: values.count) }
        }
        return copy
    }

    /// protobuf-c's booleans, which are ints.
    package func bools(_ values: [Bool], _ field: StaticString) throws(WireError) -> UnsafeMutablePointer<protobuf_c_boolean> {
        try scalars(values.map { $0 ? 1 : 0 }, field)
    }

    /// The numbers of enum values, to be bound to the C enum's type, which is as wide.
    package func enums<Value: WireEnum>(_ values: [Value], _ field: StaticString) throws(WireError) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(try scalars(values.map(\.rawValue), field))
    }

    /// An array of NUL-terminated copies.
    package func strings(
        _ values: [String], _ field: StaticString
    ) throws(WireError) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        let copies = try allocate(UnsafeMutablePointer<CChar>?.self, count: values.count, field)
        for (index, value) in values.enumerated() { copies[index] = try string(value, field) }
        return copies
    }

    /// An array of copies of bytes.
    package func byteArrays(_ values: [[UInt8]], _ field: StaticString) throws(WireError) -> UnsafeMutablePointer<ProtobufCBinaryData> {
        let copies = try allocate(ProtobufCBinaryData.self, count: values.count, field)
        for (index, value) in values.enumerated() { copies[index] = try bytes(value, field) }
        return copies
    }

    /// A struct, initialised and filled.
    package func message<Message: WireMessage>(
        _ value: Message, _ field: StaticString
    ) throws(WireError) -> UnsafeMutablePointer<Message.Raw> {
        let copy = try allocate(Message.Raw.self, count: 1, field)
        Message.initialize(copy)
        try value.fill(&copy.pointee, self)
        return copy
    }

    /// An array of structs, initialised and filled.
    package func messages<Message: WireMessage>(
        _ values: [Message], _ field: StaticString
    ) throws(WireError) -> UnsafeMutablePointer<UnsafeMutablePointer<Message.Raw>?> {
        let copies = try allocate(UnsafeMutablePointer<Message.Raw>?.self, count: values.count, field)
        for (index, value) in values.enumerated() { copies[index] = try message(value, field) }
        return copies
    }

    private func allocate<Element>(
        _ type: Element.Type, count: Int, _ field: StaticString
    ) throws(WireError) -> UnsafeMutablePointer<Element> {
        guard let memory = rd_arena_allocate(raw, count * MemoryLayout<Element>.stride) else {
            let cap = DecodingLimits.standard.maxArenaBytes
            throw WireError(.tooLarge, "needs more than \(cap) bytes of memory to pack", field: "\(field)")
        }
        return memory.bindMemory(to: type, capacity: count)
    }
}
