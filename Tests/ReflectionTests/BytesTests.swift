import Reflection
import Testing

@Suite("Bytes of a message") struct BytesTests {
    static let every = "rdrec.test.v1.EveryType"

    @Test(arguments: [
        ("", "{}"),
        // Unknown fields of each wire type are skipped.
        ("e0 3e 01 e1 3e 00 00 00 00 00 00 00 00 e2 3e 01 ff e5 3e 00 00 00 00 08 01", #"{"flag":true}"#),
        // Fields in any order are printed by number; written defaults are left out.
        ("72 01 61 08 01 10 00", #"{"flag":true,"text":"a"}"#),
        // Repeated numbers packed, not packed, and both.
        ("90 01 01 92 01 02 02 03 90 01 04", #"{"counts":[1,2,3,4]}"#),
        ("92 01 00", "{}"),
        // More bits than the type has are cut, as protobuf does.
        ("20 ff ff ff ff ff ff ff ff ff 01", #"{"uint32Value":4294967295}"#),
        ("08 ff ff ff ff ff ff ff ff ff 01", #"{"flag":true}"#),
        ("30 ff ff ff ff ff ff ff ff ff 01", #"{"sint32Value":-2147483648}"#),
        ("80 01 07", #"{"colour":7}"#),
        ("65 01 00 00 00", #"{"floatValue":1e-45}"#),
        ("72 04 7f c2 9b 2f", #"{"text":"\u007f\u009b/"}"#),
    ])
    func `are printed`(hexadecimal: String, json: String) throws {
        #expect(try Fixtures.own.json(bytes(hexadecimal), as: Self.every) == json)
    }

    @Test func `are printed in many lines`() throws {
        let json = #"{"flag": true, "inner": {}, "inners": [{"level": 1}, {}], "counts": [1, 2]}"#
        let encoded = try Fixtures.own.encode(json: json, as: Self.every)
        #expect(
            try Fixtures.own.json(encoded, as: Self.every, pretty: true) == """
                {
                  "flag": true,
                  "inner": {},
                  "counts": [
                    1,
                    2
                  ],
                  "inners": [
                    {
                      "level": 1
                    },
                    {}
                  ]
                }
                """)
    }

    @Test(arguments: [
        ("08", "$ at byte 1: a varint is cut"),
        ("08 80", "$ at byte 1: a varint is cut"),
        ("08 ff ff ff ff ff ff ff ff ff 02", "$ at byte 1: a varint of more than 64 bits"),
        ("00 01", "$ at byte 0: field number 0"),
        ("88 80 80 80 80 00 01", "$ at byte 0: a tag of more than 32 bits"),
        ("88 80 80 80 10 01", "$ at byte 0: a tag of more than 32 bits"),
        ("0b 0c", "$ at byte 0: wire type 3 of field 1 is not used"),
        ("0e", "$ at byte 0: wire type 6 of field 1 is not used"),
        ("72 05 61", "$ at byte 1: a length of 5 bytes where 1 are left"),
        ("72 ff ff ff ff 0f", "$ at byte 1: a length of 4294967295 bytes where 0 are left"),
        ("65 00 00 00", "$ at byte 1: a number of 4 bytes is cut"),
        ("69 00", "$ at byte 1: a number of 8 bytes is cut"),
        ("0a 00", "$.flag at byte 0: wire type 2, where 0 was expected"),
        ("70 01", "$.text at byte 0: wire type 0, where 2 was expected"),
        ("72 01 ff", "$.text at byte 0: a string that is not UTF-8"),
        ("08 01 08 01", "$.flag at byte 2: the field comes twice"),
        ("08 00 08 00", "$.flag at byte 2: the field comes twice"),
        ("8a 01 00 8a 01 00", "$.inner at byte 3: the field comes twice"),
        ("d8 01 00 f0 01 00", "$.yes at byte 3: choice is set twice, first as number"),
        ("8a 01 03 0a 05 61", "$.inner at byte 4: a length of 5 bytes where 1 are left"),
        ("ba 01 00 ba 01 02 10 80", "$.inners[1] at byte 7: a varint is cut"),
        ("92 01 02 01 80", "$.counts[1] at byte 4: a varint is cut"),
        ("d2 01 05 01 02 03 04 05", "$.hashes[1] at byte 7: a number of 4 bytes is cut"),
    ])
    func `that are malformed are refused with path and offset`(hexadecimal: String, message: String) {
        let error = #expect(throws: ReflectionError.self) { try Fixtures.own.json(bytes(hexadecimal), as: Self.every) }
        #expect(error?.description == message)
        #expect(error?.code == .malformedMessage)
    }

    @Test func `of a type that the schema lacks are refused`() {
        let error = #expect(throws: ReflectionError.self) { try Fixtures.own.json([], as: "rdrec.test.v1.Everytype") }
        #expect(error?.description == #"there is no message type rdrec.test.v1.Everytype; did you mean "rdrec.test.v1.EveryType"?"#)
        #expect(error?.code == .unknownType)
    }

    @Test(arguments: [
        ("0a 00", "$.counts: maps are not supported"),
        ("12 00", "$.when: google.protobuf.Timestamp is not supported: it has a JSON form of its own"),
    ])
    func `that are not supported are refused`(hexadecimal: String, message: String) {
        let error = #expect(throws: ReflectionError.self) { try Fixtures.odd.json(bytes(hexadecimal), as: "extra.v1.Unsupported") }
        #expect(error?.description == message)
        #expect(error?.code == .unsupported)
    }

    @Test func `are bounded in depth and in the number of fields`() throws {
        var deep: [UInt8] = []
        for _ in 0..<100 { deep = try [0x0A] + length(deep.count) + deep }
        let path = "$" + String(repeating: ".left", count: 100)
        let message = failure { () throws(ReflectionError) in try Fixtures.odd.json(deep, as: "extra.v1.Tree") }
        #expect(message.hasPrefix("\(path) at byte ") && message.hasSuffix("more than 100 messages inside each other"))

        let packed = Array(repeating: UInt8(1), count: 262_144)
        let tooMany = try [0x92, 0x01] + length(packed.count) + packed
        #expect(
            failure { () throws(ReflectionError) in try Fixtures.own.json(tooMany, as: Self.every) }
                == "$.counts[262143] at byte 262148: more than 262144 fields and elements")
    }

    private func length(_ count: Int) throws -> [UInt8] {
        let low = UInt8(count & 0x7F)
        return count < 0x80 ? [low] : [low | 0x80] + (try length(count >> 7))
    }
}
