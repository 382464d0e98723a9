/// Reads the part of https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto that calls and
/// JSON need. The numbers in the `case`s are that file's field numbers.
struct SchemaParser {
    private(set) var messages: [String: MessageDescriptor] = [:]
    private(set) var enums: [String: EnumDescriptor] = [:]
    private(set) var services: [ServiceDescriptor] = []
    private var names: Set<String> = []

    mutating func read(_ set: [UInt8]) throws(ReflectionError) {
        var contents = Fields(WireReader(set), "file descriptor set")
        while let field = try contents.next() {
            if field.number == 1 { try file(try contents.inner(field, "file")) }
        }
    }

    /// Everything that a field or method names must be there.
    func checkReferences() throws(ReflectionError) {
        for message in messages.values.sorted(by: { $0.fullName < $1.fullName }) {
            for field in message.fields {
                let place = "message \(message.fullName), field \(field.name)"
                switch field.kind {
                case .message(let name) where messages[name] == nil: throw missing(name, at: place)
                case .enumeration(let name) where enums[name] == nil: throw missing(name, at: place)
                default: break
                }
            }
        }
        for method in services.flatMap(\.methods) {
            for name in [method.inputType, method.outputType] where messages[name] == nil {
                throw missing(name, at: "method \(method.path)")
            }
        }
    }

    private func missing(_ name: String, at place: String) -> ReflectionError {
        ReflectionError(.malformedSchema, at: place, "the type \(name) is not in the set; make the set with --include_imports")
    }

    private mutating func file(_ fields: Fields) throws(ReflectionError) {
        var fields = fields
        var package = ""
        var syntax = "proto2"
        var parts: [WireReader.Field] = []
        while let field = try fields.next() {
            switch field.number {
            case 2: package = try fields.name(field, dotted: true)
            case 4, 5, 6: parts.append(field)
            case 12: syntax = try fields.text(field)
            default: break
            }
        }
        let unsupported = syntax == "proto3" ? nil : "messages of a file that is not proto3 are not supported"
        for part in parts {
            switch part.number {
            case 4: try message(try fields.inner(part, "message"), scope: package, unsupported: unsupported, depth: 1)
            case 5: try enumeration(try fields.inner(part, "enum"), scope: package)
            default: try service(try fields.inner(part, "service"), scope: package)
            }
        }
    }

    private mutating func message(_ fields: Fields, scope: String, unsupported: String?, depth: Int) throws(ReflectionError) {
        var fields = fields
        guard depth <= Limits.depth else { throw fields.failure("more than \(Limits.depth) message types inside each other") }
        var name = ""
        var parts: [WireReader.Field] = []
        var oneofNames: [String] = []
        var reason = unsupported
        while let field = try fields.next() {
            switch field.number {
            case 1: name = try fields.name(field)
            case 2, 3, 4: parts.append(field)
            case 7:
                var options = try fields.inner(field, "options")
                while let option = try options.next() {
                    if option.number == 7, try options.number(option) != 0 { reason = "maps are not supported" }
                }
            case 8: oneofNames.append(try oneofName(try fields.inner(field, "oneof")))
            default: break
            }
        }
        let fullName = try define(name, scope, &fields)
        fields.place = "message \(fullName)"
        var members: [FieldDescriptor] = []
        for part in parts {
            switch part.number {
            case 2: members.append(try FieldDescriptor(try fields.inner(part, "message \(fullName), field"), oneofCount: oneofNames.count))
            case 3: try message(try fields.inner(part, "message"), scope: fullName, unsupported: unsupported, depth: depth + 1)
            default: try enumeration(try fields.inner(part, "enum"), scope: fullName)
            }
        }
        members.sort { $0.number < $1.number }
        var indexByNumber: [UInt32: Int] = [:]
        var indexByName: [String: Int] = [:]
        for (index, member) in members.enumerated() {
            guard indexByNumber.updateValue(index, forKey: member.number) == nil else {
                throw fields.failure("two fields have the number \(member.number)")
            }
            for key in Set([member.name, member.jsonName]) where indexByName.updateValue(index, forKey: key) != nil {
                throw fields.failure("two fields have the name \(quoted(key))")
            }
        }
        if specialForms.contains(fullName) { reason = "\(fullName) is not supported: it has a JSON form of its own" }
        messages[fullName] = MessageDescriptor(
            fullName: fullName, fields: members, oneofNames: oneofNames, unsupported: reason, indexByNumber: indexByNumber,
            indexByName: indexByName)
    }

    private func oneofName(_ fields: Fields) throws(ReflectionError) -> String {
        var fields = fields
        var name = ""
        while let field = try fields.next() {
            if field.number == 1 { name = try fields.name(field) }
        }
        guard !name.isEmpty else { throw fields.failure("it has no name") }
        return name
    }

    private mutating func enumeration(_ fields: Fields, scope: String) throws(ReflectionError) {
        var fields = fields
        var name = ""
        var names: [String] = []
        var numberByName: [String: Int32] = [:]
        var nameByNumber: [Int32: String] = [:]
        while let field = try fields.next() {
            switch field.number {
            case 1: name = try fields.name(field)
            case 2:
                var value = try fields.inner(field, "enum value")
                var valueName = ""
                var number: Int32 = 0
                while let part = try value.next() {
                    switch part.number {
                    case 1: valueName = try value.name(part)
                    case 2: number = Int32(truncatingIfNeeded: try value.number(part))
                    default: break
                    }
                }
                guard !valueName.isEmpty else { throw value.failure("it has no name") }
                guard numberByName.updateValue(number, forKey: valueName) == nil else { throw value.failure("\(valueName) comes twice") }
                names.append(valueName)
                if nameByNumber[number] == nil { nameByNumber[number] = valueName }
            default: break
            }
        }
        let fullName = try define(name, scope, &fields)
        enums[fullName] = EnumDescriptor(names: names, numberByName: numberByName, nameByNumber: nameByNumber)
    }

    private mutating func service(_ fields: Fields, scope: String) throws(ReflectionError) {
        var fields = fields
        var name = ""
        var parts: [WireReader.Field] = []
        while let field = try fields.next() {
            switch field.number {
            case 1: name = try fields.name(field)
            case 2: parts.append(field)
            default: break
            }
        }
        let fullName = try define(name, scope, &fields)
        var methods: [MethodDescriptor] = []
        for part in parts { methods.append(try method(try fields.inner(part, "service \(fullName), method"), service: fullName)) }
        services.append(ServiceDescriptor(fullName: fullName, methods: methods))
    }

    private mutating func method(_ fields: Fields, service: String) throws(ReflectionError) -> MethodDescriptor {
        var fields = fields
        var name = ""
        var input = ""
        var output = ""
        var isClientStreaming = false
        var isServerStreaming = false
        var level = MethodDescriptor.IdempotencyLevel.unknown
        while let field = try fields.next() {
            switch field.number {
            case 1: name = try fields.name(field)
            case 2: input = try fields.typeName(field)
            case 3: output = try fields.typeName(field)
            case 4:
                var options = try fields.inner(field, "options")
                // A level of a later edition promises nothing that is known here.
                while let option = try options.next() {
                    if option.number == 34 { level = .init(rawValue: try options.number(option)) ?? .unknown }
                }
            case 5: isClientStreaming = try fields.number(field) != 0
            case 6: isServerStreaming = try fields.number(field) != 0
            default: break
            }
        }
        _ = try define(name, service, &fields)
        return MethodDescriptor(
            path: "/\(service)/\(name)", inputType: input, outputType: output, clientStreaming: isClientStreaming,
            serverStreaming: isServerStreaming, idempotencyLevel: level)
    }

    /// The full name, which must not have been given yet.
    private mutating func define(_ name: String, _ scope: String, _ fields: inout Fields) throws(ReflectionError) -> String {
        guard !name.isEmpty else { throw fields.failure("it has no name") }
        let fullName = scope.isEmpty ? name : "\(scope).\(name)"
        guard fullName.utf8.count <= Limits.nameByteCount else {
            throw fields.failure("its full name is longer than \(Limits.nameByteCount) bytes")
        }
        guard names.count < Limits.definitionCount else { throw fields.failure("more than \(Limits.definitionCount) names are defined") }
        guard names.insert(fullName).inserted else { throw fields.failure("\(fullName) is defined twice") }
        return fullName
    }

    /// Types whose JSON is not that of their fields: https://protobuf.dev/programming-guides/json/
    private let specialForms = Set(
        [
            "Any", "Timestamp", "Duration", "Struct", "Value", "ListValue", "FieldMask", "DoubleValue", "FloatValue", "Int64Value",
            "UInt64Value", "Int32Value", "UInt32Value", "BoolValue", "StringValue", "BytesValue",
        ].map { "google.protobuf." + $0 })
}
