/// What a file of rationales is worth. Shares are from 0 to 1; nil where there was nothing to measure.
package struct QualityReport: Sendable, Equatable {
    package private(set) var count = 0
    /// Share of rationales whose sentences both are whole and say something.
    package private(set) var wellFormed: Double?
    /// Share of the content words that occur in the review, by their stems: of both sentences, and of each.
    package private(set) var grounded: Double?
    package private(set) var preferenceGrounded: Double?
    package private(set) var attributesGrounded: Double?
    /// Different ones among all words, pairs of words, and whole rationales of the file.
    package private(set) var distinctWords: Double?
    package private(set) var distinctPairs: Double?
    package private(set) var distinctTexts: Double?
    /// Share of a sentence's pairs of words that it has had before.
    package private(set) var repeated: Double?
    /// Share of the content words of either sentence that are in both (Jaccard), on average.
    package private(set) var shared: Double?
    /// Words of a sentence without its opening, on average.
    package private(set) var preferenceWords: Double?
    package private(set) var attributesWords: Double?
    /// How well one rationale of an item finds it by its others, and how well its review does by their reviews.
    package private(set) var retrieval: Retrieval.Result?
    package private(set) var reviewRetrieval: Retrieval.Result?

    /// - Parameter seed: Of the choice of held-out rationales and of the items to be told apart.
    package init(_ records: [QualityRecord], seed: UInt64 = 1) {
        count = records.count
        let openings = [records.map(\.userPreference), records.map(\.itemAttributes)].map { MeasuredRecord.opening(of: $0) }
        let measured = records.map { MeasuredRecord($0, openings: openings) }
        wellFormed = Self.share(of: measured.count { $0.isWellFormed }, in: measured.count)
        measureGrounding(measured)
        measureVariety(measured)
        shared = Self.mean(measured.compactMap { Self.jaccard(Set($0.stems[0]), Set($0.stems[1])) })
        preferenceWords = Self.mean(measured.map { Double($0.sentences[0].count) })
        attributesWords = Self.mean(measured.map { Double($0.sentences[1].count) })
        retrieval = Retrieval.measure(measured.map { ($0.itemID, $0.stems.flatMap { $0 }) }, seed: seed)
        // The same items, held-out places and candidates: only where every record has its review.
        if measured.allSatisfy({ $0.reviewStems != nil }) {
            reviewRetrieval = Retrieval.measure(measured.map { ($0.itemID, $0.reviewStems ?? []) }, seed: seed)
        }
    }

    private mutating func measureGrounding(_ records: [MeasuredRecord]) {
        var found = [0, 0], all = [0, 0]
        for record in records {
            guard let review = record.reviewStems.map(Set.init) else { continue }
            for (sentence, stems) in record.stems.enumerated() {
                found[sentence] += stems.count { review.contains($0) }
                all[sentence] += stems.count
            }
        }
        grounded = Self.share(of: found[0] + found[1], in: all[0] + all[1])
        preferenceGrounded = Self.share(of: found[0], in: all[0])
        attributesGrounded = Self.share(of: found[1], in: all[1])
    }

    private mutating func measureVariety(_ records: [MeasuredRecord]) {
        var words: [String: Int] = [:], pairs: [String: Int] = [:], texts: Set<[[String]]> = [], again: [Double] = []
        for record in records {
            texts.insert(record.sentences)
            for sentence in record.sentences {
                for word in sentence { words[word, default: 0] += 1 }
                let own = zip(sentence, sentence.dropFirst()).map { "\($0) \($1)" }
                for pair in own { pairs[pair, default: 0] += 1 }
                if !own.isEmpty { again.append(1 - Double(Set(own).count) / Double(own.count)) }
            }
        }
        distinctWords = Self.share(of: words.count, in: words.values.reduce(0, +))
        distinctPairs = Self.share(of: pairs.count, in: pairs.values.reduce(0, +))
        distinctTexts = Self.share(of: texts.count, in: records.count)
        repeated = Self.mean(again)
    }

    private static func share(of part: Int, in whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }

    private static func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }

    private static func jaccard(_ a: Set<String>, _ b: Set<String>) -> Double? {
        let union = a.union(b).count
        return union == 0 ? nil : Double(a.intersection(b).count) / Double(union)
    }
}
