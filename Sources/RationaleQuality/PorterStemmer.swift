/// The stem of an English word, by M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980: endings are taken off in five
/// steps, each where what is left is long enough. Words that mean the same share a stem; a stem need not be a word.
package enum PorterStemmer {
    /// - Parameter word: In lower case. One that has other letters than a to z is its own stem, and so is one of one or two letters, which
    ///   the paper does not speak of.
    package static func stem(_ word: String) -> String {
        let bytes = Array(word.utf8)
        guard bytes.count > 2, bytes.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }) else { return word }
        var word = Word(bytes)
        word.step1()
        word.replaceFirst(of: step2) { $0.measure > 0 }
        word.replaceFirst(of: step3) { $0.measure > 0 }
        word.replaceFirst(of: step4) { stem in
            guard stem.measure > 1 else { return false }
            return !stem.removed.elementsEqual("ion".utf8) || stem.last == UInt8(ascii: "s") || stem.last == UInt8(ascii: "t")
        }
        word.step5()
        return String(decoding: word.letters, as: UTF8.self)
    }

    // Longer endings before those that end them.
    private static let step2 = endings(
        """
        ational ate, tional tion, enci ence, anci ance, izer ize, abli able, alli al, entli ent, eli e, ousli ous, ization ize, ation ate, \
        ator ate, alism al, iveness ive, fulness ful, ousness ous, aliti al, iviti ive, biliti ble
        """)
    private static let step3 = endings("icate ic, ative, alize al, iciti ic, ical ic, ful, ness")
    private static let step4 = endings(
        "al, ance, ence, er, ic, able, ible, ant, ement, ment, ent, ion, ou, ism, ate, iti, ous, ive, ize")

    private static func endings(_ list: String) -> [(from: [UInt8], to: [UInt8])] {
        list.split(separator: ",").map { entry in
            let words = entry.split(separator: " ")
            return (Array(words[0].utf8), words.count > 1 ? Array(words[1].utf8) : [])
        }
    }
}

/// A word while endings are taken off it.
private struct Word {
    /// What is left of a word without an ending.
    struct Stem {
        let letters: ArraySlice<UInt8>
        let removed: [UInt8]
        let measure: Int
        var last: UInt8? { letters.last }
    }

    private(set) var letters: [UInt8]

    init(_ letters: [UInt8]) { self.letters = letters }

    /// Plurals and past: -s, -eed, -ed, -ing, -y.
    mutating func step1() {
        replaceFirst(of: [("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")])
        if has("eed") {
            replaceFirst(of: [("eed", "ee")]) { $0.measure > 0 }
        } else {
            let before = letters.count
            if has("ed") {
                replaceFirst(of: [("ed", "")]) { Self.hasVowel($0.letters) }
            } else {
                replaceFirst(of: [("ing", "")]) { Self.hasVowel($0.letters) }
            }
            if letters.count < before { mend() }
        }
        if has("y"), Self.hasVowel(letters.dropLast()) { letters[letters.count - 1] = UInt8(ascii: "i") }
    }

    /// What a word needs that has lost -ed or -ing.
    private mutating func mend() {
        if has("at") || has("bl") || has("iz") {
            letters.append(UInt8(ascii: "e"))
        } else if Self.endsInDoubleConsonant(letters), !["l", "s", "z"].contains(Unicode.Scalar(letters[letters.count - 1])) {
            letters.removeLast()
        } else if Self.measure(letters[...]) == 1, Self.endsInCVC(letters[...]) {
            letters.append(UInt8(ascii: "e"))
        }
    }

    /// A final e, and one l of two.
    mutating func step5() {
        if has("e") {
            let stem = letters.dropLast(), measure = Self.measure(stem)
            if measure > 1 || measure == 1 && !Self.endsInCVC(stem) { letters.removeLast() }
        }
        if has("ll"), Self.measure(letters[...]) > 1 { letters.removeLast() }
    }

    private func has(_ ending: StaticString) -> Bool {
        ending.withUTF8Buffer { ending in letters.count >= ending.count && letters.suffix(ending.count).elementsEqual(ending) }
    }

    /// Replaces the longest ending that the word has, if its stem fulfils the condition; shorter ones are not tried then.
    mutating func replaceFirst(of endings: [(from: [UInt8], to: [UInt8])], where condition: (Stem) -> Bool = { _ in true }) {
        let fitting = endings.filter { letters.count >= $0.from.count && letters.suffix($0.from.count).elementsEqual($0.from) }
        guard let ending = fitting.max(by: { $0.from.count < $1.from.count }) else { return }
        let rest = letters.dropLast(ending.from.count)
        guard condition(Stem(letters: rest, removed: ending.from, measure: Self.measure(rest))) else { return }
        letters = rest + ending.to
    }

    private mutating func replaceFirst(of endings: [(String, String)], where condition: (Stem) -> Bool = { _ in true }) {
        replaceFirst(of: endings.map { (Array($0.utf8), Array($1.utf8)) }, where: condition)
    }

    // MARK: Letters

    private static func isConsonant(_ letters: ArraySlice<UInt8>, _ i: Int) -> Bool {
        switch Unicode.Scalar(letters[i]) {
        case "a", "e", "i", "o", "u": false
        case "y": i == letters.startIndex || !isConsonant(letters, i - 1)
        default: true
        }
    }

    private static func hasVowel(_ letters: ArraySlice<UInt8>) -> Bool { letters.indices.contains { !isConsonant(letters, $0) } }

    /// m of the paper: how often vowels are followed by consonants.
    private static func measure(_ letters: ArraySlice<UInt8>) -> Int {
        letters.indices.dropFirst().count { isConsonant(letters, $0) && !isConsonant(letters, $0 - 1) }
    }

    private static func endsInDoubleConsonant(_ letters: [UInt8]) -> Bool {
        let end = letters.count - 1
        return end > 0 && letters[end] == letters[end - 1] && isConsonant(letters[...], end)
    }

    /// *o of the paper: consonant, vowel, consonant, the last of them not w, x or y.
    private static func endsInCVC(_ letters: ArraySlice<UInt8>) -> Bool {
        let end = letters.endIndex - 1
        return letters.count > 2 && isConsonant(letters, end) && !isConsonant(letters, end - 1) && isConsonant(letters, end - 2)
            && !["w", "x", "y"].contains(Unicode.Scalar(letters[end]))
    }
}
