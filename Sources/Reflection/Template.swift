extension DescriptorPool {
    /// An example of a message's JSON, in many lines: every field with its default, one element in every repeated field, the first
    /// member of each oneof. A message inside itself, and what follows after 1,000 values, is left empty. `encode` takes the text.
    /// - Throws: `unknownType`; `unsupported` where the message itself is; a field that is not supported is left out.
    package func template(of type: String) throws(ReflectionError) -> String {
        let descriptor = try self.type(type)
        if let reason = descriptor.unsupported { throw ReflectionError(.unsupported, reason) }
        var budget = 1000
        return print(example(of: descriptor, inside: [], &budget), pretty: true)
    }

    private func example(of type: MessageDescriptor, inside outer: Set<String>, _ budget: inout Int) -> DynamicMessage {
        var message = DynamicMessage(type)
        var oneofs: Set<Int> = []
        guard !outer.contains(type.fullName) else { return message }
        for (index, field) in type.fields.enumerated() where budget > 0 && unsupported(field.kind) == nil {
            if let oneof = field.oneofIndex, !oneofs.insert(oneof).inserted { continue }
            budget -= 1
            message.values[index] = [example(of: field.kind, inside: outer.union([type.fullName]), &budget)]
        }
        return message
    }

    private func example(of kind: FieldDescriptor.Kind, inside outer: Set<String>, _ budget: inout Int) -> DynamicValue {
        switch kind {
        case .bool: return .bool(false)
        case .int32, .sint32, .sfixed32, .int64, .sint64, .sfixed64: return .signed(0)
        case .uint32, .fixed32, .uint64, .fixed64: return .unsigned(0)
        case .float: return .float(0)
        case .double: return .double(0)
        case .string: return .string("")
        case .bytes, .group: return .bytes([])
        case .enumeration: return .enumeration(0)
        case .message(let name):
            guard let type = messages[name] else { return .bytes([]) }
            return .message(example(of: type, inside: outer, &budget))
        }
    }
}
