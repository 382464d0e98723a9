/// A word while endings are taken off it.
struct Word {
    /// What is left of a word without an ending.
    struct Stem {
        let letters: ArraySlice<UInt8>
        let removed: [UInt8]
        let measure: Int
        var last: UInt8? { letters.last }
        /// The measure of the stem with an l behind it.
        var measureWithL: Int { Word.measure(letters + [UInt8(ascii: "l")]) }
    }

    private(set) var letters: [UInt8]

    private let rules: PorterStemmer.Rules

    init(_ letters: [UInt8], _ rules: PorterStemmer.Rules) {
        self.letters = letters
        self.rules = rules
    }

    /// Plurals and past: -s, -eed, -ed, -ing, -y.
    mutating func step1() {
        // Of NLTK: what would be left with one letter keeps its e.
        let keepsE = rules == .nltk && letters.count == 4
        replaceFirst(of: [("sses", "ss"), ("ies", keepsE ? "ie" : "i"), ("ss", "ss"), ("s", "")])
        if rules == .nltk, has("ied") {
            replaceFirst(of: [("ied", letters.count == 4 ? "ie" : "i")])
        } else if has("eed") {
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
        if has("y"), turnsY(letters.dropLast()) { letters[letters.count - 1] = UInt8(ascii: "i") }
    }

    private func turnsY(_ stem: ArraySlice<UInt8>) -> Bool {
        switch rules {
        case .paper: Self.hasVowel(stem)
        case .nltk: stem.count > 1 && Self.isConsonant(stem, stem.endIndex - 1)
        }
    }

    /// What a word needs that has lost -ed or -ing.
    private mutating func mend() {
        if has("at") || has("bl") || has("iz") {
            letters.append(UInt8(ascii: "e"))
        } else if Self.endsInDoubleConsonant(letters), !["l", "s", "z"].contains(Unicode.Scalar(letters[letters.count - 1])) {
            letters.removeLast()
        } else if Self.measure(letters[...]) == 1, endsInCVC(letters[...]) {
            letters.append(UInt8(ascii: "e"))
        }
    }

    /// A final e, and one l of two.
    mutating func step5() {
        if has("e") {
            let stem = letters.dropLast(), measure = Self.measure(stem)
            if measure > 1 || measure == 1 && !endsInCVC(stem) { letters.removeLast() }
        }
        if has("ll"), Self.measure(letters[...]) > 1 { letters.removeLast() }
    }

    func measure(without count: Int) -> Int { Self.measure(letters.dropLast(count)) }

    func has(_ ending: StaticString) -> Bool {
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

    mutating func replaceFirst(of endings: [(String, String)], where condition: (Stem) -> Bool = { _ in true }) {
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
    fileprivate static func measure(_ letters: ArraySlice<UInt8>) -> Int {
        letters.indices.dropFirst().count { isConsonant(letters, $0) && !isConsonant(letters, $0 - 1) }
    }

    private static func endsInDoubleConsonant(_ letters: [UInt8]) -> Bool {
        let end = letters.count - 1
        return end > 0 && letters[end] == letters[end - 1] && isConsonant(letters[...], end)
    }

    /// *o of the paper: consonant, vowel, consonant, the last of them not w, x or y.
    private func endsInCVC(_ letters: ArraySlice<UInt8>) -> Bool {
        let end = letters.endIndex - 1
        guard letters.count > 1, Self.isConsonant(letters, end), !Self.isConsonant(letters, end - 1) else { return false }
        // Of NLTK: so does a vowel and a consonant that are all.
        guard letters.count > 2 else { return rules == .nltk }
        return Self.isConsonant(letters, end - 2) && !["w", "x", "y"].contains(Unicode.Scalar(letters[end]))
    }
}
