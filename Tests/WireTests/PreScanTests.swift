import EchoProtos
import Testing
import Wire

/// Each rule of PROTOCOL.md, section 2.1, with a frame that breaks it and one that just keeps it.
@Suite struct PreScanTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let what: String
        let rule: WireError.Rule
        let broken: [UInt8]
        let kept: [UInt8]
        var offset: Int?
        var field: String?
        var testDescription: String { what }
    }

    static let cases: [Case] = [
        Case(
            what: "a length stays inside its message", rule: .truncated, broken: FrameWriter().tag(14, 2).raw([3, 65, 66]).bytes,
            kept: FrameWriter().tag(14, 2).raw([2, 65, 66]).bytes, offset: 0, field: "rdrec.test.v1.EveryType.text"),
        Case(
            what: "a length stays inside its message, when the outer message has more",
            rule: .truncated, broken: FrameWriter().bytes(17, [0x0a, 3, 65, 66]).varint(3, 1).bytes,
            kept: FrameWriter().bytes(17, [0x0a, 2, 65, 66]).varint(3, 1).bytes, offset: 3, field: "rdrec.test.v1.EveryType.Inner.name"),
        Case(
            what: "a fixed64 is not cut", rule: .truncated, broken: FrameWriter().tag(9, 1).raw([1, 2, 3, 4, 5, 6, 7]).bytes,
            kept: FrameWriter().tag(9, 1).raw([1, 2, 3, 4, 5, 6, 7, 8]).bytes),
        Case(
            what: "a fixed32 is not cut", rule: .truncated, broken: FrameWriter().tag(8, 5).raw([1, 2, 3]).bytes,
            kept: FrameWriter().tag(8, 5).raw([1, 2, 3, 4]).bytes),
        Case(
            what: "a varint is not cut", rule: .truncated, broken: FrameWriter().tag(5, 0).raw([0x80]).bytes,
            kept: FrameWriter().tag(5, 0).raw([0x80, 0]).bytes),
        Case(what: "a tag is not cut", rule: .truncated, broken: [0x80], kept: [0x88, 0x00, 0x01]),
        Case(
            what: "a value has at most 10 bytes", rule: .varint,
            broken: FrameWriter().tag(5, 0).raw(Array(repeating: 0x80, count: 10) + [0]).bytes,
            kept: FrameWriter().tag(5, 0).raw(Array(repeating: 0xff, count: 9) + [1]).bytes),
        Case(
            what: "a tag has at most 5 bytes", rule: .varint, broken: [0x88, 0x80, 0x80, 0x80, 0x80, 0x00, 1],
            kept: [0x88, 0x80, 0x80, 0x80, 0x00, 1]),
        Case(
            what: "a tag has at most 32 bits", rule: .varint, broken: [0x88, 0x80, 0x80, 0x80, 0x10, 1],
            kept: [0xf8, 0xff, 0xff, 0xff, 0x0f, 1]),
        Case(
            what: "a length has at most 5 bytes", rule: .varint,
            broken: FrameWriter().tag(14, 2).raw([0x81, 0x80, 0x80, 0x80, 0x80, 0, 65]).bytes,
            kept: FrameWriter().tag(14, 2).raw([0x81, 0x80, 0x80, 0x80, 0, 65]).bytes),
        Case(
            what: "a length has at most 32 bits", rule: .varint,
            broken: FrameWriter().tag(14, 2).raw([0x81, 0x80, 0x80, 0x80, 0x10, 65]).bytes,
            kept: FrameWriter().tag(14, 2).raw([0x81, 0x80, 0x80, 0x80, 0x00, 65]).bytes),
        Case(what: "field numbers start at 1", rule: .fieldNumber, broken: [0x00, 0x01], kept: [0x08, 0x01]),
        Case(what: "there are no groups", rule: .wireType, broken: [0xc3, 0x3e, 0xc4, 0x3e], kept: [0xc2, 0x3e, 0x00]),
        Case(
            what: "there is no wire type 6", rule: .wireType, broken: FrameWriter().tag(900, 6).bytes,
            kept: FrameWriter().tag(900, 5).raw([0, 0, 0, 0]).bytes),
        Case(
            what: "a bool is a varint", rule: .wireType, broken: FrameWriter().bytes(1, [1]).bytes, kept: FrameWriter().varint(1, 1).bytes,
            offset: 0, field: "rdrec.test.v1.EveryType.flag"),
        Case(
            what: "a string is length-prefixed", rule: .wireType, broken: FrameWriter().varint(14, 1).bytes,
            kept: FrameWriter().bytes(14, []).bytes),
        Case(
            what: "a repeated string is not packed into something else", rule: .wireType, broken: FrameWriter().varint(20, 1).bytes,
            kept: FrameWriter().bytes(20, [65]).bytes),
        Case(
            what: "a double is not a fixed32", rule: .wireType, broken: FrameWriter().fixed32(13, 1).bytes,
            kept: FrameWriter().fixed64(13, 1).bytes),
        Case(
            what: "packed doubles are whole", rule: .packed, broken: FrameWriter().bytes(19, Array(repeating: 0, count: 15)).bytes,
            kept: FrameWriter().bytes(19, Array(repeating: 0, count: 16)).bytes),
        Case(
            what: "packed varints are whole", rule: .packed, broken: FrameWriter().bytes(18, [1, 0x80]).bytes,
            kept: FrameWriter().bytes(18, [1, 0x80, 0]).bytes, offset: 4, field: "rdrec.test.v1.EveryType.counts"),
        Case(
            what: "a packed varint has at most 10 bytes", rule: .varint,
            broken: FrameWriter().bytes(18, Array(repeating: 0x80, count: 10) + [0]).bytes,
            kept: FrameWriter().bytes(18, Array(repeating: 0xff, count: 9) + [1]).bytes),
        Case(
            what: "a packed bool is 0 or 1", rule: .packed, broken: FrameWriter().bytes(24, [1, 2]).bytes,
            kept: FrameWriter().bytes(24, [1, 0]).bytes),
        Case(
            what: "a number comes once", rule: .duplicateField, broken: FrameWriter().varint(2, 1).varint(3, 1).varint(2, 1).bytes,
            kept: FrameWriter().varint(2, 1).varint(3, 1).bytes, offset: 4, field: "rdrec.test.v1.EveryType.int32_value"),
        Case(
            what: "a sub-message comes once", rule: .duplicateField,
            broken: FrameWriter().message(17, .init()).message(17, .init()).bytes, kept: FrameWriter().message(17, .init()).bytes),
        Case(
            what: "a field of a sub-message comes once in each", rule: .duplicateField,
            broken: FrameWriter().message(23, .init().varint(2, 1).varint(2, 1)).bytes,
            kept: FrameWriter().message(23, .init().varint(2, 1)).message(23, .init().varint(2, 1)).bytes),
        Case(
            what: "two members of a oneof", rule: .duplicateOneof, broken: FrameWriter().varint(27, 1).varint(30, 1).bytes,
            kept: FrameWriter().varint(27, 1).bytes, offset: 3, field: "rdrec.test.v1.EveryType.yes"),
        Case(
            what: "one member of a oneof twice", rule: .duplicateOneof, broken: FrameWriter().bytes(28, "a").bytes(28, "b").bytes,
            kept: FrameWriter().bytes(28, "a").bytes),
        Case(
            what: "a string has no NUL", rule: .nul, broken: FrameWriter().bytes(14, "abcdefgh\0").bytes,
            kept: FrameWriter().bytes(14, "abcdefgh").bytes, offset: 10),
        Case(
            what: "a string has no NUL among eight letters", rule: .nul, broken: FrameWriter().bytes(20, "abc\0defgh").bytes,
            kept: FrameWriter().bytes(20, "abc\u{1}defgh").bytes),
        Case(
            what: "bytes may have a NUL and need not be UTF-8", rule: .utf8, broken: FrameWriter().bytes(14, [0xff]).bytes,
            kept: FrameWriter().bytes(15, [0xff, 0]).bytes(32, [0, 0xc0]).bytes),
    ]

    @Test(arguments: cases) func `what breaks a rule is refused by it and what just keeps it is taken`(_ one: Case) throws {
        let error = #expect(throws: WireError.self) { try EveryType(decoding: one.broken) }
        #expect(error?.code == .malformed(one.rule))
        if let offset = one.offset { #expect(error?.offset == offset) }
        if let field = one.field { #expect(error?.field == field) }
        _ = try EveryType(decoding: one.kept)
    }

    @Test func `every rule but depth, field count and protobuf-c's own refusal has a case`() {
        let others: Set<WireError.Rule> = [.depth, .fieldCount, .refused]
        #expect(Set(Self.cases.map(\.rule)) == Set(WireError.Rule.allCases).subtracting(others))
    }

    /// Bytes of UTF-8's borders: what Swift's own validator says of them must be what the pre-scan says.
    @Test func `UTF-8 is judged as Swift judges it, for every lead byte with every kind of continuation`() {
        let edges: [UInt8] = [0x01, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xff]
        let third: [UInt8] = [0x7f, 0x80, 0xbf, 0xc0]
        for lead in UInt8(0x7e)...255 {
            for a in edges {
                for b in third { for c in third { expectAgreement([lead, a, b, c]) } }
                expectAgreement([lead, a])
            }
            expectAgreement([lead])
            expectAgreement(Array("abcdefg".utf8) + [lead])
        }
    }

    /// The pre-scan tells the byte; a refusal without one would come from Swift, after the pre-scan had been wrong.
    private func expectAgreement(_ text: [UInt8]) {
        let valid = String(validating: text, as: UTF8.self) != nil
        var refusal: WireError?
        do throws(WireError) {
            _ = try Metadata(decoding: FrameWriter().bytes(1, text).bytes)
        } catch { refusal = error }
        let agrees = valid ? refusal == nil : refusal?.code == .malformed(.utf8) && refusal?.offset != nil
        if !agrees { Issue.record("\(text): Swift says \(valid), the pre-scan \(refusal?.description ?? "nothing")") }
    }

    @Test func `a frame that is cut anywhere is refused or is a shorter message, and never crashes`() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<50 {
            let bytes = try EveryType.random(&random).encoded()
            for count in 0..<bytes.count {
                if let short = try? EveryType(decoding: Array(bytes[..<count])) { #expect(try short.encoded().count <= bytes.count) }
            }
        }
    }
}
