internal import Stemming

/// The words of a text: what the measures count.
package enum Words {
    /// Runs of letters and digits, in lower case. An apostrophe within a word belongs to it; `'s` at its end does not.
    package static func all(_ text: String) -> [String] {
        var words: [String] = [], word = ""
        func end() {
            while let last = word.last, isApostrophe(last) { word.removeLast() }
            if word.hasSuffix("'s") { word.removeLast(2) }
            if !word.isEmpty { words.append(word) }
            word = ""
        }
        for character in text.lowercased() {
            if character.isLetter || character.isNumber {
                word.append(character)
            } else if isApostrophe(character), !word.isEmpty {
                word.append("'")
            } else {
                end()
            }
        }
        end()
        return words
    }

    private static func isApostrophe(_ character: Character) -> Bool { character == "'" || character == "’" }

    /// The stems of the words that say something.
    package static func contentStems(_ words: some Sequence<String>) -> [String] {
        words.filter { $0.count > 1 && !functionWords.contains($0) }.map { PorterStemmer.stem($0) }
    }

    /// Words that occur in any text, whatever it is about.
    private static let functionWords = Set(
        """
        a about above after again against ain't all also am an and any are aren't as at be because been before being below between both but \
        by can can't cannot could couldn't did didn't do does doesn't doing don't down during each etc even ever every few for from further \
        get gets getting got had hadn't has hasn't have haven't having he he'd he'll her here hers herself him himself his how however i \
        i'd i'll i'm i've if in into is isn't it it'd it'll its itself just let let's many may me might more most much must mustn't my \
        myself no nor not now of off on once one only or other others ought our ours ourselves out over own per quite rather really same \
        shall shan't she she'd she'll should shouldn't since so some something still such than that the their theirs them themselves then \
        there these they they'd they'll they're they've this those though through thus to too under until up upon us very was wasn't we \
        we'd we'll we're we've well were weren't what when where whether which while who whom whose why will with within without won't \
        would wouldn't yet you you'd you'll you're you've your yours yourself yourselves
        """.split(separator: " ").map(String.init))
}
