extension DynamicMessage {
    /// The message's bytes: fields by number, repeated scalars packed where the schema says so, the same bytes every time.
    var bytes: [UInt8] {
        var writer = WireWriter()
        for (field, values) in setFields {
            if field.isPacked {
                var elements = WireWriter()
                for value in values { elements.content(value, field.kind) }
                writer.tag(field.number, wireType: 2)
                writer.delimited(elements.bytes)
            } else {
                for value in values {
                    writer.tag(field.number, wireType: field.kind.wireType)
                    writer.content(value, field.kind)
                }
            }
        }
        return writer.bytes
    }
}

extension WireWriter {
    fileprivate mutating func content(_ value: DynamicValue, _ kind: FieldDescriptor.Kind) {
        switch (value, kind) {
        case (.bool(let value), _): varint(value ? 1 : 0)
        case (.signed(let value), .sint32), (.signed(let value), .sint64): varint(zigzag(value))
        case (.signed(let value), .sfixed32): fixed(Int32(truncatingIfNeeded: value))
        case (.signed(let value), .sfixed64): fixed(value)
        case (.signed(let value), _): varint(UInt64(bitPattern: value))
        case (.unsigned(let value), .fixed32): fixed(UInt32(truncatingIfNeeded: value))
        case (.unsigned(let value), .fixed64): fixed(value)
        case (.unsigned(let value), _): varint(value)
        case (.float(let value), _): fixed(value.bitPattern)
        case (.double(let value), _): fixed(value.bitPattern)
        case (.string(let value), _): delimited(value.utf8)
        case (.bytes(let value), _): delimited(value)
        case (.enumeration(let value), _): varint(UInt64(bitPattern: Int64(value)))
        case (.message(let value), _): delimited(value.bytes)
        }
    }
}
