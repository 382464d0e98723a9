import Foundation
import Testing
import TextCleaning

@Suite struct StoredTextTests {
    @Test(
        "Texts are stored as people would read them",
        arguments: [
            ("", ""), ("Plain words, 5 < 6.", "Plain words, 5 < 6."), ("Great &amp; loud &#34;amp&#34;", "Great & loud \"amp\""),
            ("&amp;lt;b&amp;gt;", "&lt;b&gt;"), ("one<br />two", "one two"), ("a\r\nb\rc\n\td", "a\nb\nc\n\td"),
            ("bell\u{7} delete\u{7F} next\u{85}line", "bell delete nextline"), ("cafe\u{301}", "café"), ("\u{212B}", "Å"),
            ("🎸 – “so” … ½ ÿ", "🎸 – “so” … ½ ÿ"), ("\u{1112}\u{1161}\u{11AB}", "한"), ("&eacute;e\u{301}", "éé"),
        ])
    func cases(_ text: String, _ wanted: String) {
        #expect(Array(StoredText.cleaned(text).utf8) == Array(wanted.utf8))
    }

    @Test("A mebibyte of combining marks takes no longer than one of letters, and leaves thirty")
    func marks() {
        let text = "e" + String(repeating: "\u{316}\u{301}", count: 1 << 18) + "!"
        let clean = StoredText.cleaned(text)
        #expect(clean.unicodeScalars.count <= 32 && clean.unicodeScalars.last == "!")
    }

    @Test("Cleaning what is clean changes nothing, and the short way agrees with Foundation's")
    func againstFoundation() {
        var random = SystemRandomNumberGenerator()
        let ranges: [ClosedRange<UInt32>] = [0x20...0x7E, 0xA0...0x2FF, 0x300...0x3FF, 0x1100...0x11FF, 0x2000...0x20FF, 0x1F000...0x1FFFF]
        for _ in 0..<3_000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                let value = UInt32.random(in: ranges.randomElement(using: &random) ?? 0x20...0x7E, using: &random)
                if let scalar = Unicode.Scalar(value), scalar != "&", scalar != "<" { text.unicodeScalars.append(scalar) }
            }
            let once = StoredText.cleaned(text)
            #expect(Array(once.utf8) == Array(text.precomposedStringWithCanonicalMapping.utf8), "\(Array(text.unicodeScalars))")
            #expect(Array(StoredText.cleaned(once).utf8) == Array(once.utf8))
        }
    }
}
