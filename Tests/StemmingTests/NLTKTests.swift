import Foundation
import Stemming
import Testing

@Suite struct NLTKTests {
    /// Words of reviews, and those that NLTK's rules are there for, with the stems of nltk 3.9.1.
    static func words() throws -> [(word: String, stem: String)] {
        let file = try #require(Bundle.module.url(forResource: "Fixtures/nltk_stems", withExtension: "tsv"))
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            let fields = line.split(separator: "\t")
            return (String(fields[0]), String(fields[1]))
        }
    }

    @Test func `NLTK's words have NLTK's stems`() throws {
        let words = try Self.words()
        #expect(words.count > 300)
        for (word, stem) in words { #expect(PorterStemmer.stem(word, .nltk) == stem, "\(word)") }
    }

    @Test func `The two differ where they are known to`() {
        for (word, paper, nltk) in [("dies", "di", "die"), ("skies", "ski", "sky"), ("enjoy", "enjoi", "enjoy"), ("news", "new", "news")] {
            #expect(PorterStemmer.stem(word) == paper)
            #expect(PorterStemmer.stem(word, .nltk) == nltk)
        }
    }
}
