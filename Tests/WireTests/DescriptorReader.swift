/// Just enough of google.protobuf.FileDescriptorSet to hold the method tables against it, read without the code under test.
struct DescriptorReader {
    struct Method: Hashable {
        var path, input, output: String
        var clientStreams = false
        var serverStreams = false
        /// `idempotency_level`: 0 unknown, 1 no side effects, 2 idempotent.
        var idempotency: UInt64 = 0
    }

    var methods: [Method] = []
    var messages: Set<String> = []

    init(_ set: [UInt8]) {
        for file in Self.fields(set[...]) where file.number == 1 {
            let parts = Self.fields(file.bytes)
            let package = Self.text(parts, 2)
            for part in parts where part.number == 6 { addService(part.bytes, package) }
            for part in parts where part.number == 4 { addMessage(part.bytes, package) }
        }
    }

    private mutating func addMessage(_ bytes: ArraySlice<UInt8>, _ scope: String) {
        let parts = Self.fields(bytes)
        let name = "\(scope).\(Self.text(parts, 1))"
        messages.insert(name)
        for part in parts where part.number == 3 { addMessage(part.bytes, name) }
    }

    private mutating func addService(_ bytes: ArraySlice<UInt8>, _ package: String) {
        let parts = Self.fields(bytes)
        let service = "\(package).\(Self.text(parts, 1))"
        for part in parts where part.number == 2 {
            var method = Method(path: "", input: "", output: "")
            for field in Self.fields(part.bytes) {
                switch field.number {
                case 1: method.path = "/\(service)/\(field.text)"
                case 2: method.input = String(field.text.dropFirst())
                case 3: method.output = String(field.text.dropFirst())
                case 4: method.idempotency = Self.fields(field.bytes).first(where: { $0.number == 34 })?.value ?? 0
                case 5: method.clientStreams = field.value == 1
                case 6: method.serverStreams = field.value == 1
                default: break
                }
            }
            methods.append(method)
        }
    }

    private struct Field {
        var number: UInt64
        var value: UInt64
        var bytes: ArraySlice<UInt8>
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private static func text(_ fields: [Field], _ number: UInt64) -> String { fields.first(where: { $0.number == number })?.text ?? "" }

    /// Descriptors have varints and length-prefixed fields alone.
    private static func fields(_ bytes: ArraySlice<UInt8>) -> [Field] {
        var rest = bytes
        var fields: [Field] = []
        while !rest.isEmpty {
            let tag = varint(&rest)
            let value = varint(&rest)
            precondition(tag & 7 == 0 || tag & 7 == 2)
            let body = tag & 7 == 2 ? rest.prefix(Int(value)) : []
            rest = rest.dropFirst(body.count)
            fields.append(Field(number: tag >> 3, value: value, bytes: body))
        }
        return fields
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst() {
            value |= UInt64(byte & 0x7f) << shift
            shift += 7
            if byte < 0x80 { break }
        }
        return value
    }
}
