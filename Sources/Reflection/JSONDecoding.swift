extension DescriptorPool {
    /// A message's bytes from its proto3 JSON (https://protobuf.dev/programming-guides/json/).
    ///
    /// Keys are a field's JSON name or its name in the schema; null is the same as leaving the key out. 64-bit integers are taken as
    /// numbers and as strings, exactly. The bytes are the same for the same message, whatever the order of its keys.
    /// - Throws: `unknownType`; `malformedJSON` with line and column; `unfitJSON` with the path of the value; `unsupported`.
    package func encode(json: String, as type: String) throws(ReflectionError) -> [UInt8] {
        let descriptor = try self.type(type)
        var decoder = JSONDecoder(pool: self)
        return try decoder.message(try JSONParser.parse(json), descriptor).bytes
    }
}

private struct JSONDecoder {
    let pool: DescriptorPool
    var path = JSONPath()

    init(pool: DescriptorPool) { self.pool = pool }

    private func failure(_ message: String) -> ReflectionError { ReflectionError(.unfitJSON, at: path.text, message) }

    private func expected(_ what: String, _ json: JSONValue) -> ReflectionError { failure("expected \(what), found \(json.found)") }

    mutating func message(_ json: JSONValue, _ type: MessageDescriptor) throws(ReflectionError) -> DynamicMessage {
        if let reason = type.unsupported { throw ReflectionError(.unsupported, at: path.text, reason) }
        guard case .object(let members) = json else { throw expected("an object for \(type.fullName)", json) }
        var message = DynamicMessage(type)
        var keys: [Int: String] = [:]
        var oneofs: [Int: String] = [:]
        for member in members {
            let key = member.key
            guard let index = type.indexByName[key] else { throw unknown(key, type) }
            let field = type.fields[index]
            if let other = keys.updateValue(key, forKey: index) { throw failure("\(quoted(key)) and \(quoted(other)) are the same field") }
            if case .null = member.value { continue }
            if let oneof = field.oneofIndex, let other = oneofs.updateValue(key, forKey: oneof) {
                throw failure("\(quoted(key)) and \(quoted(other)) exclude each other: \(type.oneofNames[oneof]) is one of them")
            }
            path.push(.field(field.jsonName))
            if let reason = pool.unsupported(field.kind) { throw ReflectionError(.unsupported, at: path.text, reason) }
            if field.isRepeated {
                message.values[index] = try elements(member.value, field.kind)
            } else {
                message.set(index, try value(member.value, field.kind))
            }
            path.pop()
        }
        return message
    }

    private func unknown(_ key: String, _ type: MessageDescriptor) -> ReflectionError {
        let names = type.fields.map(\.jsonName)
        let near = suggestion(for: key, among: names)
        return failure("\(type.fullName) has no field \(quoted(key))\(near.isEmpty ? listing(names) : near)")
    }

    private mutating func elements(_ json: JSONValue, _ kind: FieldDescriptor.Kind) throws(ReflectionError) -> [DynamicValue] {
        guard case .array(let elements) = json else { throw expected("an array", json) }
        var values: [DynamicValue] = []
        for (index, element) in elements.enumerated() {
            path.push(.element(index))
            values.append(try value(element, kind))
            path.pop()
        }
        return values
    }

    private mutating func value(_ json: JSONValue, _ kind: FieldDescriptor.Kind) throws(ReflectionError) -> DynamicValue {
        switch kind {
        case .bool:
            guard case .bool(let value) = json else { throw expected("true or false", json) }
            return .bool(value)
        case .int32, .sint32, .sfixed32: return .signed(Int64(try integer(json, Int32.self)))
        case .int64, .sint64, .sfixed64: return .signed(try integer(json, Int64.self))
        case .uint32, .fixed32: return .unsigned(UInt64(try integer(json, UInt32.self)))
        case .uint64, .fixed64: return .unsigned(try integer(json, UInt64.self))
        case .float: return .float(try floating(json, Float.self))
        case .double: return .double(try floating(json, Double.self))
        case .string:
            guard case .string(let value) = json else { throw expected("a string", json) }
            return .string(value)
        case .bytes:
            guard case .string(let text) = json, let bytes = base64Decoded(text) else { throw expected("a string of base64", json) }
            return .bytes(bytes)
        case .enumeration(let name): return .enumeration(try enumeration(json, name))
        case .message(let name): return .message(try message(json, try pool.type(name)))
        case .group: throw ReflectionError(.unsupported, at: path.text, "groups are not supported")
        }
    }

    private func integer<I: FixedWidthInteger>(_ json: JSONValue, _: I.Type) throws(ReflectionError) -> I {
        let number: JSONNumber? =
            switch json {
            case .number(let text), .string(let text): JSONNumber(text)
            default: nil
            }
        guard case .whole(let whole)? = number, let value = I(exactly: whole) else {
            throw expected("a whole number from \(I.min) to \(I.max)", json)
        }
        return value
    }

    private func floating<F: BinaryFloatingPoint & LosslessStringConvertible>(_ json: JSONValue, _: F.Type) throws(ReflectionError) -> F {
        switch json {
        case .string("NaN"): return .nan
        case .string("Infinity"): return .infinity
        case .string("-Infinity"): return -.infinity
        case .number(let text), .string(let text):
            guard JSONNumber(text) != nil, let value = F(text) else { break }
            guard value.isFinite else { throw expected("a number of at most \(F.greatestFiniteMagnitude) either way", json) }
            return value
        default: break
        }
        throw expected("a number, \"NaN\", \"Infinity\" or \"-Infinity\"", json)
    }

    private func enumeration(_ json: JSONValue, _ name: String) throws(ReflectionError) -> Int32 {
        let type = pool.enums[name]
        switch json {
        case .string(let text):
            if let number = type?.numberByName[text] { return number }
            let names = type?.names ?? []
            let near = suggestion(for: text, among: names)
            throw failure("\(name) has no value \(quoted(text))\(near.isEmpty ? listing(names) : near)")
        case .number(let text):
            if case .whole(let whole)? = JSONNumber(text), let number = Int32(exactly: whole) { return number }
            throw expected("a name of \(name), or a whole number from \(Int32.min) to \(Int32.max)", json)
        default: throw expected("a name of \(name)", json)
        }
    }
}
