import Datasets
import Testing
import Wire

/// JSON and Python literals, as lines of JSON objects show them.
@Suite struct ObjectTests {
    private func text(_ literal: String, python: Bool = false) throws -> Result<String, LineFault> {
        let line = python ? "{'user': 'u', 'item': 'i', 'text': \(literal)}" : #"{"user": "u", "item": "i", "text": \#(literal)}"#
        let reading = try Reading(.jsonLines(FieldNames(), .automatic), line)
        return reading.faults.first.map { .failure(LineFault($0)) } ?? .success(reading.reviews.first?.text ?? "none")
    }

    @Test(arguments: [
        (#""""#, ""), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\ud83d\ude00!""#, "😀!"), (#""é€😀 plain""#, "é€😀 plain"), (#""12345678\"12345678""#, "12345678\"12345678"), ("12.50", "12.50"),
        ("null", "none"), (#" "spaced" "#, "spaced"),
    ]) func `Text of JSON`(_ literal: String, _ expected: String) throws {
        #expect(try text(literal) == .success(expected))
    }

    @Test(arguments: [
        (#"'a\'b'"#, "a'b"), (#""a'b""#, "a'b"), (#"'\xe9\u20ac\U0001f600\101\a\v'"#, "é€😀A\u{7}\u{B}"), (#"'say "hi"'"#, "say \"hi\""),
        ("None", "none"), (#"'\0011'"#, "\u{1}1"), (#"'\"\n'"#, "\"\n"),
    ]) func `Text of Python`(_ literal: String, _ expected: String) throws {
        #expect(try text(literal, python: true) == .success(expected))
    }

    @Test(arguments: [
        (#""\ud83d""#, #"1: byte 37: \ud83d is no escape"#), (#""\ude00\ud83d""#, #"1: byte 37: \ude00 is no escape, or half of"#),
        (#""\ud83dx""#, "half of a pair"), (#""\x41""#, "is no escape"), (#""\u00g0""#, "is no escape"),
        ("\"a\tb\"", "a control character (0x9)"),
        (#""open"#, "1: byte 36: text without the quote at its end"), ("'a'", "1: byte 36: expected a value, found \"'\""),
        ("True", "expected a value"), ("01", "byte 36: not a number"), ("1.", "not a number"), ("-", "not a number"),
        ("+1", "expected a value"), ("NaN", "expected a value"), ("truey", "expected , or }"), (#""a" "b""#, "expected , or }"),
        (#""a",}"#, "expected a key"), (#""a"} x"#, "expected the end of the line"), ("[1,]", "expected a value"),
        ("[1 2]", "expected , or ]"),
        (#"{"a" 1}"#, "expected : after the key"), (#"{1: 2}"#, "expected a key"), ("", "expected a value"),
        (String(repeating: "[", count: 200) + String(repeating: "]", count: 200), "more than 100 objects and lists inside each other"),
    ]) func `What is not JSON is told with its place`(_ literal: String, _ fault: String) throws {
        let found = try text(literal)
        #expect(throws: LineFault.self) { try found.get() }
        if case .failure(let reason) = found { #expect(reason.reason.contains(fault), "\(reason)") }
    }

    @Test func `Half of JSON's and Python's words are not the other's`() throws {
        let faults = try [
            text("true", python: true), text(#"'\/'"#, python: true), text(#"'\ud83d'"#, python: true), text(#"'\9'"#, python: true),
        ]
        for fault in faults { #expect(throws: LineFault.self) { try fault.get() } }
    }

    @Test(
        arguments: [
            ([0x61, 0xFF], 12), ([0xC0, 0x80], 11), ([0xED, 0xA0, 0x80], 11), ([0xF4, 0x90, 0x80, 0x80], 11), ([0xE2, 0x82], 11),
            ([0xC3, 0xA9, 0x80], 13),
        ] as [([UInt8], Int)]) func `The byte that is not UTF-8 is named`(_ bytes: [UInt8], _ place: Int) throws
    {
        let line = Array(#"{"item": ""#.utf8) + bytes + Array("\"}\n{\"item\": \"ok\"}".utf8)
        let reading = try Reading(.jsonLines(FieldNames(), .automatic), line)
        #expect(reading.faults.count == 1 && reading.faults[0].hasPrefix("1: byte \(place) is not UTF-8 (0x"))
        #expect(reading.items == [Item(itemID: "ok")])
    }

    @Test func `Unwanted members are checked, and may come twice`() throws {
        let lines = [
            #"{"x": 1, "x": {"y": [true, false, null, -1.5e+3]}, "item": "a"}"#, #"{"x": [tru], "item": "b"}"#, #"{"it\u0065m": "c"}"#,
        ]
        let reading = try Reading(.jsonLines(FieldNames(), .automatic), lines.joined(separator: "\n"))
        #expect(reading.items.map(\.itemID) == ["a", "c"])
        #expect(reading.faults == ["2: byte 8: expected a value, found \"t\""])
    }
}
