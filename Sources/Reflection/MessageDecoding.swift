extension DescriptorPool {
    /// Reads a message's bytes. Unknown fields are skipped, unknown enum values kept.
    func decode(_ bytes: [UInt8], as type: MessageDescriptor) throws(ReflectionError) -> DynamicMessage {
        var decoder = MessageDecoder(pool: self)
        return try decoder.message(WireReader(bytes), type, depth: 1)
    }
}

private struct MessageDecoder {
    let pool: DescriptorPool
    var path = JSONPath()
    var fieldCount = 0

    init(pool: DescriptorPool) { self.pool = pool }

    private func failure(_ offset: Int, _ reason: String) -> ReflectionError {
        ReflectionError(.malformedMessage, at: "\(path.text) at byte \(offset)", reason)
    }

    /// What the reader throws, with its place.
    private func read<T>(_ body: () throws(WireReader.Failure) -> T) throws(ReflectionError) -> T {
        do { return try body() } catch { throw failure(error.offset, error.reason) }
    }

    private mutating func count(_ offset: Int) throws(ReflectionError) {
        fieldCount += 1
        if fieldCount > Limits.fieldCount { throw failure(offset, "more than \(Limits.fieldCount) fields and elements") }
    }

    mutating func message(_ source: WireReader, _ type: MessageDescriptor, depth: Int) throws(ReflectionError) -> DynamicMessage {
        guard depth <= Limits.depth else { throw failure(source.offset, "more than \(Limits.depth) messages inside each other") }
        if let reason = type.unsupported { throw ReflectionError(.unsupported, at: path.text, reason) }
        var reader = source
        var message = DynamicMessage(type)
        var seen: Set<Int> = []
        var members: [Int: String] = [:]
        while let wire = try read({ () throws(WireReader.Failure) in try reader.next() }) {
            try count(wire.offset)
            guard let index = type.indexByNumber[wire.number] else { continue }
            let field = type.fields[index]
            path.push(.field(field.jsonName))
            if let reason = pool.unsupported(field.kind) { throw ReflectionError(.unsupported, at: path.text, reason) }
            if field.isRepeated {
                try append(wire, of: field, to: &message.values[index, default: []], depth: depth)
            } else {
                guard seen.insert(index).inserted else { throw failure(wire.offset, "the field comes twice") }
                if let oneof = field.oneofIndex, let other = members.updateValue(field.jsonName, forKey: oneof) {
                    throw failure(wire.offset, "\(type.oneofNames[oneof]) is set twice, first as \(shown(other))")
                }
                message.set(index, try value(wire.value, wire.offset, field, depth: depth))
            }
            path.pop()
        }
        return message
    }

    private mutating func append(
        _ wire: WireReader.Field, of field: FieldDescriptor, to values: inout [DynamicValue], depth: Int
    ) throws(ReflectionError) {
        guard field.kind.isPackable, case .delimited(var elements) = wire.value else {
            path.push(.element(values.count))
            values.append(try value(wire.value, wire.offset, field, depth: depth))
            return path.pop()
        }
        while !elements.isAtEnd {
            let offset = elements.offset
            path.push(.element(values.count))
            try count(offset)
            let element = try read { () throws(WireReader.Failure) -> WireReader.Value in
                switch field.kind.wireType {
                case 0: .varint(try elements.varint())
                case 1: .fixed64(try elements.fixed64())
                default: .fixed32(try elements.fixed32())
                }
            }
            values.append(try value(element, offset, field, depth: depth))
            path.pop()
        }
    }

    private mutating func value(
        _ wire: WireReader.Value, _ offset: Int, _ field: FieldDescriptor, depth: Int
    ) throws(ReflectionError) -> DynamicValue {
        switch (field.kind, wire) {
        case (.bool, .varint(let bits)): return .bool(bits != 0)
        case (.int32, .varint(let bits)): return .signed(Int64(Int32(truncatingIfNeeded: bits)))
        case (.int64, .varint(let bits)): return .signed(Int64(bitPattern: bits))
        case (.sint32, .varint(let bits)): return .signed(Int64(Int32(truncatingIfNeeded: unzigzag(bits & 0xFFFF_FFFF))))
        case (.sint64, .varint(let bits)): return .signed(unzigzag(bits))
        case (.uint32, .varint(let bits)): return .unsigned(bits & 0xFFFF_FFFF)
        case (.uint64, .varint(let bits)): return .unsigned(bits)
        case (.enumeration, .varint(let bits)): return .enumeration(Int32(truncatingIfNeeded: bits))
        case (.fixed32, .fixed32(let bits)): return .unsigned(UInt64(bits))
        case (.sfixed32, .fixed32(let bits)): return .signed(Int64(Int32(bitPattern: bits)))
        case (.float, .fixed32(let bits)): return .float(Float(bitPattern: bits))
        case (.fixed64, .fixed64(let bits)): return .unsigned(bits)
        case (.sfixed64, .fixed64(let bits)): return .signed(Int64(bitPattern: bits))
        case (.double, .fixed64(let bits)): return .double(Double(bitPattern: bits))
        case (.bytes, .delimited(let content)): return .bytes(Array(content.rest))
        case (.string, .delimited(let content)):
            guard let text = String(validating: content.rest, as: UTF8.self) else { throw failure(offset, "a string that is not UTF-8") }
            return .string(text)
        case (.message(let name), .delimited(let content)):
            return .message(try message(content, try pool.type(name), depth: depth + 1))
        default: throw failure(offset, "wire type \(wire.wireType), where \(field.kind.wireType) was expected")
        }
    }
}
