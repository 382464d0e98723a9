/// The stem of an English word, by M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980: endings are taken off in five
/// steps, each where what is left is long enough. Words that mean the same share a stem; a stem need not be a word.
package enum PorterStemmer {
    /// Which wording of the algorithm.
    package enum Rules: Sendable {
        /// The paper's.
        case paper
        /// Those of Python's NLTK (`PorterStemmer()` of nltk 3.9, its mode NLTK_EXTENSIONS), by which rouge-score stems: a few irregular words,
        /// "dies" and "died" to "die", y to i only behind a consonant, -bli, -fulli, -logi, and -alli first.
        case nltk
    }

    /// - Parameter word: In lower case. One that has other characters than a to z is its own stem (0 to 9 too are consonants for `nltk`), and so
    ///   is one of one or two letters, which the paper does not speak of.
    package static func stem(_ word: String, _ rules: Rules = .paper) -> String {
        let bytes = Array(word.utf8)
        guard bytes.count > 2, bytes.allSatisfy({ rules.takes($0) }) else { return word }
        if rules == .nltk, let stem = irregular[word] { return stem }
        var word = Word(bytes, rules)
        word.step1()
        step2(&word, rules)
        word.replaceFirst(of: step3) { $0.measure > 0 }
        word.replaceFirst(of: step4) { stem in
            guard stem.measure > 1 else { return false }
            return !stem.removed.elementsEqual("ion".utf8) || stem.last == UInt8(ascii: "s") || stem.last == UInt8(ascii: "t")
        }
        word.step5()
        return String(decoding: word.letters, as: UTF8.self)
    }

    private static func step2(_ word: inout Word, _ rules: Rules) {
        guard rules == .nltk else { return word.replaceFirst(of: step2) { $0.measure > 0 } }
        // The ending that this leaves may be one of the step's again: "rationally" is "rational" first.
        while word.has("alli"), word.measure(without: 4) > 0 { word.replaceFirst(of: [("alli", "al")]) }
        word.replaceFirst(of: step2OfNLTK) { stem in
            // The l of -logi counts for its stem: "geologi" has one.
            stem.removed.elementsEqual("logi".utf8) ? stem.measureWithL > 0 : stem.measure > 0
        }
    }

    // Longer endings before those that end them.
    private static let step2 = endings(
        """
        ational ate, tional tion, enci ence, anci ance, izer ize, abli able, alli al, entli ent, eli e, ousli ous, ization ize, ation ate, \
        ator ate, alism al, iveness ive, fulness ful, ousness ous, aliti al, iviti ive, biliti ble
        """)
    private static let step2OfNLTK =
        step2.filter { !$0.from.elementsEqual("abli".utf8) } + endings("bli ble, fulli ful, logi log")
    private static let step3 = endings("icate ic, ative, alize al, iciti ic, ical ic, ful, ness")
    private static let step4 = endings(
        "al, ance, ence, er, ic, able, ible, ant, ement, ment, ent, ion, ou, ism, ate, iti, ous, ive, ize")

    private static let irregular = [
        "sky": "sky", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "news": "news", "innings": "inning",
        "inning": "inning", "outings": "outing", "outing": "outing", "cannings": "canning", "canning": "canning", "howe": "howe",
        "proceed": "proceed", "exceed": "exceed", "succeed": "succeed",
    ]

    private static func endings(_ list: String) -> [(from: [UInt8], to: [UInt8])] {
        list.split(separator: ",").map { entry in
            let words = entry.split(separator: " ")
            return (Array(words[0].utf8), words.count > 1 ? Array(words[1].utf8) : [])
        }
    }
}

extension PorterStemmer.Rules {
    fileprivate func takes(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || self == .nltk && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
