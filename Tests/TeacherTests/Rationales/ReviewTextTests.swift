import Teacher
import Testing
import TextCleaning

@Suite struct ReviewTextTests {
    @Test(
        "Entities are decoded once",
        arguments: [
            ("Great shelf &amp; easy", "Great shelf & easy"), ("&lt;30 lb&gt;", "<30 lb>"), ("I&#39;ve", "I've"), ("don&#x2019;t", "don’t"),
            ("&mdash; no &hellip;", "— no …"), ("&amp;lt;", "&lt;"), ("&amp;amp;amp;", "&amp;amp;"),
            ("caf&eacute; &frac12; &yuml;", "café ½ ÿ"),
            ("&#146;", "’"), ("AT&T; &unknown; & &; &#; &#x; &#-5; &#99999999999;", "AT&T; &unknown; & &; &#; &#x; &#-5; &#99999999999;"),
            ("&#xD800;", "&#xD800;"), ("a<br />b<BR>c<br/>d<brown>", "a b c d<brown>"), ("&lt;br&gt;", "<br>"), ("&nbsp", "&nbsp"),
            ("&", "&"), ("<", "<"),
        ])
    func entities(_ html: String, _ text: String) { #expect(HTMLEntities.decoded(html) == text) }

    @Test(
        "A line has visible characters only, and none that closes a quotation",
        arguments: [
            ("  a\n\n b\t\u{A0}\u{2003}c ", "a b c"), ("say \"hi\" and “ho”", "say 'hi' and 'ho'"), ("12\u{2033} ＂wide＂", "12' 'wide'"),
            ("a\u{0}b\u{7}c\u{1B}[2J", "abc[2J"), ("a\u{200B}b\u{202E}c\u{FEFF}d\u{AD}e", "abcde"), ("e\u{301}", "\u{E9}"),
            ("e\u{200B}\u{301}", "\u{E9}"), ("👩\u{200D}🔧 ok", "👩\u{200D}🔧 ok"), ("<|im_\u{200D}end|>", "<|im_end|>"),
            ("می\u{200C}خواهم", "می\u{200C}خواهم"), ("\u{200D}👩 \u{200D}🔧\u{200D}", "👩 🔧"), ("\u{200B}\u{0}\n", ""),
            ("\u{FFFD}\u{E000}", ""),
        ])
    func line(_ review: String, _ line: String) {
        #expect(Array(ReviewText.line(of: review).unicodeScalars) == Array(line.unicodeScalars))
    }

    private func cut(_ review: String, _ most: Int) throws -> ReviewText {
        try #require(ReviewText(review, mostTokens: most, WordTokenizer(ToyTokenizers.byteLevel())))
    }

    @Test("A long review is cut behind a sentence, else behind a word, else within one")
    func cuts() throws {
        // Most tokens of the toy are bytes, and the ellipsis with its space is four.
        let short = try cut("Nice box. Bad lid.", 19)
        #expect(short == (try cut("Nice box. Bad lid.", 1_000)) && !short.isCut && short.text == "Nice box. Bad lid.")
        #expect(try cut("Nice box. Bad lid. Good mug.", 24).text == "Nice box. Bad lid. …")
        #expect(try cut("Nice box! (Bad 'lid.') Good mug.", 29).text == "Nice box! (Bad 'lid.') …")
        #expect(try cut("No. A long sentence follows it here", 20).text == "No. A long …")
        #expect(try cut("Nobodyknowswherethiswordends", 20).text == "Nobodyknowswheret…")
        #expect(try cut("a Nobodyknowswherethiswordends", 20).text == "a Nobodyknowswhere…")
        #expect(try cut("よい。だめ。よい。だめ。", 24).text == "よい。だめ。 …")
        #expect(try cut("Version 2.0.7 is v.good", 19).text == "Version 2.0.7 …")
    }

    @Test("Whole characters stay whole, and one of many marks does not pass for one token")
    func characters() throws {
        let family = "👩‍👩‍👧‍👦"
        #expect(try cut(String(repeating: family, count: 9), 40).text == family + "…")
        let marks = "a" + String(repeating: "\u{320}", count: 5_000)
        let result = try cut(marks, 16)
        #expect(ReviewText.line(of: marks).unicodeScalars.count == 31)
        #expect(result.isCut && result.text.unicodeScalars.count == 7 && result.text.unicodeScalars.first == "a")
    }

    @Test("Of a huge review only the beginning is looked at")
    func huge() throws {
        let result = try cut(String(repeating: "word ", count: 800_000), 100)
        #expect(result.isCut && result.text.utf8.count < 100)
        #expect(try cut(String(repeating: " \u{200B}", count: 1_000) + "at last", 16).text == "at last")
        let spaced = try cut("a" + String(repeating: " ", count: 1_000_000) + "b", 16)
        #expect(spaced.isCut && spaced.text == "a…")
    }

    @Test("Odd reviews have text, but for the empty one")
    func odd() throws {
        let words = WordTokenizer(try ToyTokenizers.byteLevel())
        for review in try OddReviews.all() {
            let text = ReviewText(review.text, mostTokens: 256, words)
            #expect((text == nil) == (review.name == "empty"))
            if let text { check(text, review.text, mostTokens: 256, words) }
        }
        #expect(try cut(OddReviews.text("single_word"), 256).text == "Perfect")
        #expect(
            try cut(OddReviews.text("html_entities_shelf"), 512).text.contains(
                "'Oak finish' is really a sticker, though, so don’t scratch it. Screws"))
    }

    @Test("Whatever a review holds, its text keeps the promises", arguments: 0..<40)
    func promises(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for tokenizer in try ToyTokenizers.all() {
            let words = WordTokenizer(tokenizer)
            for _ in 0..<8 {
                let review = random.text(length: Int.random(in: 0..<80, using: &random)), most = Int.random(in: 16..<120, using: &random)
                guard let text = ReviewText(review, mostTokens: most, words) else { continue }
                check(text, review, mostTokens: most, words)
                // What is clean stays as it is.
                #expect(ReviewText.line(of: text.text) == text.text)
            }
        }
    }

    private func check(_ text: ReviewText, _ review: String, mostTokens: Int, _ words: WordTokenizer) {
        #expect(!text.text.isEmpty && words.tokens(of: text.text).count <= mostTokens, "\(review.debugDescription)")
        #expect(text.text.first != " " && text.text.last != " " && !text.text.contains("  "))
        #expect(!text.text.unicodeScalars.contains { ["\"", "“", "”", "„", "\n", "\u{200B}", "\u{202E}", "\u{0}"].contains($0) })
        let line = ReviewText.line(of: HTMLEntities.decoded(review))
        #expect(
            text.isCut
                ? text.text.hasSuffix("…") && line.hasPrefix(text.text.dropLast()) || line.hasPrefix(text.text.dropLast(2))
                : text.text == line)
    }
}
