import Reflection
import Testing

/// A field of a descriptor, by its number in descriptor.proto: a sub-message or bytes, a text, or a number.
private func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    let length = content.count < 0x80 ? [UInt8(content.count)] : [UInt8(content.count & 0x7F) | 0x80, UInt8(content.count >> 7)]
    return [number << 3 | 2] + length + content
}

private func field(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

private func field(_ number: UInt8, _ value: UInt8) -> [UInt8] { [number << 3, value] }

private func set(_ file: [UInt8]) -> [UInt8] { field(1, file) }

/// A message `A` of these members, in a set of its own.
private func message(_ members: [UInt8]) -> [UInt8] { set(field(4, field(1, "A") + members)) }

/// A member of a message with this name, number and type.
private func member(_ name: String, _ number: UInt8, type: UInt8, _ more: [UInt8] = []) -> [UInt8] {
    field(2, field(1, name) + field(3, number) + field(5, type) + more)
}

/// A service `S` with a method `m`.
private func service(_ members: [UInt8]) -> [UInt8] { set(field(6, field(1, "S") + field(2, field(1, "m") + members))) }

@Suite("A damaged schema") struct DamagedSchemaTests {
    @Test(arguments: [
        (field(1, 1), "file descriptor set: field 1 has wire type 0, which its type does not use"),
        ([0x0A, 5, 0x12], "file descriptor set, byte 1: a length of 5 bytes where 1 are left"),
        ([0x0B], "file descriptor set, byte 0: wire type 3 of field 1 is not used"),
        (set([0x22]), "file, byte 3: a varint is cut"),
        (set(field(2, ".")), #"file: "." is not a name"#),
        (set(field(2, "a\u{1B}[0m")), #"file: "a\u001b[0m" is not a name"#),
        (set(field(2, [0xFF])), "file: field 2 is not UTF-8"),
        (set(field(2, 1)), "file: field 2 has wire type 0, which its type does not use"),
        (set(field(4, [])), "message: it has no name"),
        (set(field(4, field(1, "a.b"))), #"message: "a.b" is not a name"#),
        (set(field(4, field(1, "1a"))), #"message: "1a" is not a name"#),
        (set(field(4, field(1, "A")) + field(4, field(1, "A"))), "message: A is defined twice"),
        (set(field(2, "p") + field(4, field(1, "A")) + field(5, field(1, "A"))), "enum: p.A is defined twice"),
        (message(field(8, [])), "oneof: it has no name"),
        (message(field(2, field(3, 1))), "message A, field: it has no name"),
        (message(field(2, field(1, "f") + field(3, "1"))), "message A, field f: field 3 has wire type 2, which its type does not use"),
        (message(member("f", 0, type: 9)), "message A, field f: its number 0 is not from 1 to 536870911"),
        (message(member("f", 1, type: 19)), "message A, field f: its type 19 is not known, or lacks a name"),
        (message(member("f", 1, type: 11)), "message A, field f: its type 11 is not known, or lacks a name"),
        (message(member("f", 1, type: 9, field(9, 0))), "message A, field f: its oneof is not there"),
        (message(member("f", 1, type: 9) + member("g", 1, type: 9)), "message A: two fields have the number 1"),
        (message(member("f", 1, type: 9) + member("f", 2, type: 9)), #"message A: two fields have the name "f""#),
        (message(member("a_b", 1, type: 9) + member("aB", 2, type: 9)), #"message A: two fields have the name "aB""#),
        (message(member("f", 1, type: 11, field(6, "A"))), #"message A, field f: "A" is not the full name of a type"#),
        (
            message(member("f", 1, type: 14, field(6, ".A"))),
            "message A, field f: the type A is not in the set; make the set with --include_imports"
        ),
        (
            service(field(2, ".A") + field(3, ".A")),
            "method /S/m: the type A is not in the set; make the set with --include_imports"
        ),
        (service([0, 0]), "service S, method, byte 12: field number 0"),
        (set(field(6, field(1, "S") + field(2, []))), "service S, method: it has no name"),
        (set(field(5, field(1, "E") + field(2, []))), "enum value: it has no name"),
        (set(field(5, field(1, "E") + field(2, field(1, "A")) + field(2, field(1, "A")))), "enum value: A comes twice"),
    ])
    func `is refused with its place`(bytes: [UInt8], message: String) {
        let error = #expect(throws: ReflectionError.self) { try DescriptorPool(fileDescriptorSet: bytes) }
        #expect(error?.description == message)
        #expect(error?.code == .malformedSchema)
    }

    @Test func `cannot nest types without end, nor grow names`() {
        func nested(_ depth: Int, name: String) -> [UInt8] {
            set(field(4, (1..<depth).reduce(into: field(1, name)) { inner, _ in inner = field(1, name) + field(3, inner) }))
        }
        func failure(_ set: [UInt8]) -> String {
            ReflectionTests.failure { () throws(ReflectionError) in try DescriptorPool(fileDescriptorSet: set) }
        }
        #expect(failure(nested(100, name: "a")) == "")
        #expect(failure(nested(101, name: "a")) == "message: more than 100 message types inside each other")
        #expect(failure(nested(60, name: "abcdefgh")) == "message: its full name is longer than 512 bytes")
    }

    @Test func `of proto2 is read, and its messages are refused where they are used`() throws {
        let pool = try DescriptorPool(fileDescriptorSet: message(member("f", 1, type: 9)))
        let error = failure { () throws(ReflectionError) in try pool.json([], as: "A") }
        #expect(error == "$: messages of a file that is not proto3 are not supported")
    }

    @Test func `without JSON names gets those that protoc would give`() throws {
        let names = ["a_b", "_c__d_", "eF_g", "h_1i", "UPPER_Case"]
        let members = names.enumerated().flatMap { member($1, UInt8($0 + 1), type: 9) }
        let fields = try #require(try DescriptorPool(fileDescriptorSet: message(members)).message("A")).fields
        #expect(fields.map(\.jsonName) == ["aB", "CD", "eFG", "h1i", "UPPERCase"])
    }
}
