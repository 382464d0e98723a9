/// The fields of one message of a descriptor, with errors that say which.
struct Fields {
    private var reader: WireReader
    var place: String

    init(_ reader: WireReader, _ place: String) {
        self.reader = reader
        self.place = place
    }

    func failure(_ reason: String) -> ReflectionError { ReflectionError(.malformedSchema, at: place, reason) }

    mutating func next() throws(ReflectionError) -> WireReader.Field? {
        do {
            return try reader.next()
        } catch {
            throw ReflectionError(.malformedSchema, at: "\(place), byte \(error.offset)", error.reason)
        }
    }

    /// The fields of a sub-message.
    func inner(_ field: WireReader.Field, _ place: String) throws(ReflectionError) -> Fields {
        guard case .delimited(let reader) = field.value else { throw wrongType(field) }
        return Fields(reader, place)
    }

    func number(_ field: WireReader.Field) throws(ReflectionError) -> UInt64 {
        guard case .varint(let value) = field.value else { throw wrongType(field) }
        return value
    }

    func text(_ field: WireReader.Field) throws(ReflectionError) -> String {
        guard case .delimited(let reader) = field.value else { throw wrongType(field) }
        guard let text = String(validating: reader.rest, as: UTF8.self) else { throw failure("field \(field.number) is not UTF-8") }
        return text
    }

    /// An identifier, or several joined by dots. Names are printed to terminals, so nothing else may be in them.
    func name(_ field: WireReader.Field, dotted: Bool = false) throws(ReflectionError) -> String {
        let text = try text(field)
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard dotted || parts.count == 1, parts.allSatisfy(isIdentifier) else { throw failure("\(quoted(text)) is not a name") }
        return text
    }

    /// A full name without the dot in front that marks it as one.
    func typeName(_ field: WireReader.Field) throws(ReflectionError) -> String {
        let text = try text(field)
        guard text.hasPrefix("."), text.dropFirst().split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isIdentifier) else {
            throw failure("\(quoted(text)) is not the full name of a type")
        }
        return String(text.dropFirst())
    }

    private func wrongType(_ field: WireReader.Field) -> ReflectionError {
        failure("field \(field.number) has wire type \(field.value.wireType), which its type does not use")
    }
}

extension FieldDescriptor {
    /// Reads a `FieldDescriptorProto` of a message with so many oneofs.
    init(_ source: Fields, oneofCount: Int) throws(ReflectionError) {
        var fields = source
        var name = ""
        var jsonName: String?
        var number: UInt64 = 0
        var type: UInt64 = 0
        var typeName: String?
        var isRepeated = false
        var packed: Bool?
        var oneof: UInt64?
        var isOptional = false
        while let field = try fields.next() {
            switch field.number {
            case 1:
                name = try fields.name(field)
                fields.place += " \(name)"
            case 3: number = try fields.number(field)
            case 4: isRepeated = try fields.number(field) == 3
            case 5: type = try fields.number(field)
            case 6: typeName = try fields.typeName(field)
            case 8:
                var options = try fields.inner(field, "\(fields.place), options")
                while let option = try options.next() {
                    if option.number == 2 { packed = try options.number(option) != 0 }
                }
            case 9: oneof = try fields.number(field)
            case 10: jsonName = try fields.text(field)
            case 17: isOptional = try fields.number(field) != 0
            default: break
            }
        }
        guard !name.isEmpty else { throw fields.failure("it has no name") }
        guard (1...0x1FFF_FFFF).contains(number) else { throw fields.failure("its number \(number) is not from 1 to 536870911") }
        guard oneof.map({ $0 < UInt64(oneofCount) }) ?? true else { throw fields.failure("its oneof is not there") }
        guard let kind = Kind(type, typeName) else { throw fields.failure("its type \(type) is not known, or lacks a name") }
        // An `optional` field's oneof is made up by the compiler and has no meaning of its own.
        let oneofIndex = isOptional ? nil : oneof.map { Int($0) }
        var isMessage = false
        if case .message = kind { isMessage = true }
        self.init(
            name: name, jsonName: jsonName ?? lowerCamelCase(name), number: UInt32(number), kind: kind, isRepeated: isRepeated,
            isPacked: isRepeated && kind.isPackable && packed ?? true, oneofIndex: isRepeated ? nil : oneofIndex,
            hasPresence: !isRepeated && (isMessage || isOptional || oneofIndex != nil))
    }
}

extension FieldDescriptor.Kind {
    /// From `FieldDescriptorProto.Type`; nil when it is unknown or a name that it needs is missing.
    init?(_ type: UInt64, _ typeName: String?) {
        switch (type, typeName) {
        case (1, _): self = .double
        case (2, _): self = .float
        case (3, _): self = .int64
        case (4, _): self = .uint64
        case (5, _): self = .int32
        case (6, _): self = .fixed64
        case (7, _): self = .fixed32
        case (8, _): self = .bool
        case (9, _): self = .string
        case (10, _): self = .group
        case (11, let name?): self = .message(name)
        case (12, _): self = .bytes
        case (13, _): self = .uint32
        case (14, let name?): self = .enumeration(name)
        case (15, _): self = .sfixed32
        case (16, _): self = .sfixed64
        case (17, _): self = .sint32
        case (18, _): self = .sint64
        default: return nil
        }
    }

    /// Of one element on the wire. A group's is its start.
    var wireType: Int {
        switch self {
        case .bool, .int32, .sint32, .uint32, .int64, .sint64, .uint64, .enumeration: 0
        case .double, .fixed64, .sfixed64: 1
        case .string, .bytes, .message: 2
        case .group: 3
        case .float, .fixed32, .sfixed32: 5
        }
    }

    var isPackable: Bool { ![2, 3].contains(wireType) }
}

/// A name as protobuf allows it.
func isIdentifier(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
        default: false
        }
    }
}

/// The key that protoc gives a field without a `json_name` of its own: underscores go, and raise the letter after them.
private func lowerCamelCase(_ name: String) -> String {
    var result = ""
    var raise = false
    for character in name {
        if character == "_" {
            raise = true
        } else {
            result += raise ? character.uppercased() : String(character)
            raise = false
        }
    }
    return result
}
