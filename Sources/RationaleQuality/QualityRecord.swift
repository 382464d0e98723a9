/// A rationale and the review it was written from.
package struct QualityRecord: Sendable, Hashable {
    package let itemID: String
    /// Nil where it is not at hand: measures that need it leave the record out.
    package let review: String?
    package let userPreference: String
    package let itemAttributes: String

    package init(itemID: String, review: String?, userPreference: String, itemAttributes: String) {
        self.itemID = itemID
        self.review = review
        self.userPreference = userPreference
        self.itemAttributes = itemAttributes
    }
}

/// What the measures look at in a record.
struct MeasuredRecord {
    let itemID: String
    /// The words of each sentence, without the opening that all of a file share: preference, attributes.
    let sentences: [[String]]
    /// The stems of their content words.
    let stems: [[String]]
    let reviewStems: [String]?
    let isWellFormed: Bool

    /// A sentence says something with so many words beside its opening.
    private static let leastWords = 2

    init(_ record: QualityRecord, openings: [[String]]) {
        itemID = record.itemID
        let texts = [record.userPreference, record.itemAttributes]
        sentences = zip(texts, openings).map { text, opening in
            let words = Words.all(text)
            return Array(words.starts(with: opening) ? words.dropFirst(opening.count) : words[...])
        }
        stems = sentences.map { Words.contentStems($0) }
        reviewStems = record.review.map { Words.contentStems(Words.all($0)) }
        isWellFormed = texts.allSatisfy(Self.isSentence) && sentences.allSatisfy { $0.count >= Self.leastWords }
    }

    /// One line that begins with a visible character and ends at a full stop, question or exclamation mark.
    private static func isSentence(_ text: String) -> Bool {
        guard let first = text.first, !first.isWhitespace, let last = text.last, ".!?".contains(last) else { return false }
        return text.unicodeScalars.allSatisfy { $0 != "\u{FFFD}" && $0.properties.generalCategory != .control }
    }

    /// The words with which nearly all sentences begin: a form's fixed words say nothing of the model. What is said behind them does, even
    /// where all say the same.
    static func opening(of texts: [String]) -> [String] {
        guard texts.count > 1 else { return [] }
        var candidates = texts.map { Words.all($0) }, opening: [String] = []
        let longestOpening = candidates.map(\.count).sorted()[texts.count / 2] - leastWords
        let enough = (texts.count * 9 + 9) / 10
        while opening.count < longestOpening {
            var counts: [String: Int] = [:]
            for words in candidates where words.count > opening.count { counts[words[opening.count], default: 0] += 1 }
            guard let next = counts.first(where: { $0.value >= enough })?.key else { break }
            candidates.removeAll { $0.count <= opening.count || $0[opening.count] != next }
            opening.append(next)
        }
        return opening
    }
}
