import RationaleQuality
import Testing

@Suite struct QualityReportTests {
    private func record(_ item: String, _ review: String?, _ preference: String, _ attributes: String) -> QualityRecord {
        QualityRecord(itemID: item, review: review, userPreference: preference, itemAttributes: attributes)
    }

    private func near(_ a: Double?, _ b: Double) -> Bool { a.map { abs($0 - b) < 1e-12 } ?? false }

    /// Two rationales whose openings are "the user prefers" and "the item's attributes are".
    private let pair = [
        ("i1", "The strings sounded bright and warm.", "The user prefers bright warm strings.", "The item's attributes are a warm sound."),
        ("i2", "Cheap cable, it broke.", "The user prefers good cables and good cables.", "The item's attributes are durability."),
    ]

    @Test("Two rationales have the figures that a hand computes")
    func figures() {
        let report = QualityReport(pair.map { record($0.0, $0.1, $0.2, $0.3) })
        #expect(report.count == 2)
        // The second's attributes are one word beside the opening.
        #expect(near(report.wellFormed, 0.5))
        // Stems: bright warm string | warm sound; good cabl good cabl | durabl. Reviews: string sound bright warm; cheap cabl broke.
        #expect(near(report.preferenceGrounded, 5.0 / 7) && near(report.attributesGrounded, 2.0 / 3) && near(report.grounded, 7.0 / 10))
        // Words: bright warm strings, a warm sound, good cables and good cables, durability: 12, of which different 9.
        #expect(near(report.distinctWords, 9.0 / 12))
        // Pairs: bright-warm warm-strings, a-warm warm-sound, good-cables cables-and and-good good-cables: 8, of which different 7.
        #expect(near(report.distinctPairs, 7.0 / 8) && near(report.distinctTexts, 1))
        // Of three sentences with pairs one has had one of its four before.
        #expect(near(report.repeated, 0.25 / 3))
        // warm of bright, warm, string, sound; nothing of good, cabl, durabl.
        #expect(near(report.shared, 0.125))
        #expect(near(report.preferenceWords, 4) && near(report.attributesWords, 2))
        #expect(report.retrieval == nil && report.reviewRetrieval == nil)
    }

    @Test("Nothing has no figures, and one rationale no opening")
    func few() {
        let none = QualityReport([])
        #expect(none.count == 0 && none.wellFormed == nil && none.grounded == nil && none.distinctWords == nil && none.shared == nil)
        let one = QualityReport([record("i", nil, "The user prefers tea.", "The item's attributes are tins.")])
        #expect(near(one.preferenceWords, 4) && near(one.attributesWords, 5) && one.grounded == nil && near(one.wellFormed, 1))
    }

    @Test(
        "A sentence that is not whole is not well-formed",
        arguments: [
            "The user prefers green tea", "", " The user prefers green tea.", "The user prefers\ngreen tea.",
            "The user prefers \u{FFFD} tea.",
            "The user prefers tea.", "The user prefers . !", "The user prefers green \u{7} tea.",
        ])
    func malformed(_ sentence: String) {
        let whole = "The user prefers hot coffee.", attributes = "The item's attributes are two tins!"
        let records = [whole, whole, sentence].map { record("i", nil, $0, attributes) }
        #expect(near(QualityReport(records + records.prefix(2)).wellFormed, 0.8))
    }

    @Test("The opening is what nine of ten sentences begin with")
    func openings() {
        let records = (0..<10).map {
            record("i", nil, $0 == 0 ? "He likes tea a lot." : "They like tea\($0) a lot.", "It is word\($0) here?")
        }
        let report = QualityReport(records)
        #expect(near(report.preferenceWords, (9 * 3 + 5) / 10.0) && near(report.attributesWords, 2))
        #expect(near(QualityReport(Array(records.prefix(2))).preferenceWords, 5))
    }

    @Test("Words are letters and digits, and apostrophes within them")
    func words() {
        let text = "The user prefers the item's don’t-stop 'bright' Très 70-200 rock'n'roll dogs' sound."
        let report = QualityReport([record("i", "item stop bright très 70 200 rock'n'roll dog sound", text, "a b.")])
        // the user prefers the item don't stop bright très 70 200 rock'n'roll dogs sound
        #expect(near(report.preferenceWords, 14))
        // user and prefer are not in the review; don't and the are no content words.
        #expect(near(report.preferenceGrounded, 9.0 / 11))
    }

    @Test("An item is found by what only it has")
    func retrieval() throws {
        func records(_ item: String, _ thing: String) -> [QualityRecord] {
            (0..<2).map { _ in
                record(item, "\(thing) stuff", "The user prefers \(thing) stuff.", "The item's attributes are \(thing) things.")
            }
        }
        let told = QualityReport(records("a", "bright") + records("b", "warm") + records("c", "cheap"))
        let result = try #require(told.retrieval)
        #expect(result.meanReciprocalRank == 1 && result.first == 1 && result.queries == 3 && result.candidates == 3)
        #expect(near(result.chance, (1 + 1.0 / 2 + 1.0 / 3) / 3) && told.reviewRetrieval == result)
        // Where all are alike each has the middle place.
        let alike = try #require(QualityReport(records("a", "same") + records("b", "same") + records("c", "same")).retrieval)
        #expect(alike.meanReciprocalRank == 0.5 && alike.first == 0)
        // An item of one rationale takes no part, and one without reviews has no comparison.
        let single = QualityReport(records("a", "bright") + records("b", "warm") + [record("c", nil, "Tea is good.", "Tea is hot.")])
        #expect(single.retrieval?.queries == 2 && single.reviewRetrieval == nil)
    }

    @Test("Ranks follow the cosine of TF-IDF vectors")
    func ranks() throws {
        // Documents: a {x}, b {x, y}; each is asked for by its held-out text, which is the same as its other. The query of a, x, has
        // cosine 1 with a and less with b; that of b, x y, has cosine 1 with b and less with a.
        let records = [
            record("a", "x", "xray xray.", "xray xray."), record("b", "x", "xray yoke.", "xray yoke."),
            record("a", "x", "xray xray.", "xray xray."), record("b", "x", "xray yoke.", "xray yoke."),
        ]
        let report = QualityReport(records)
        #expect(report.retrieval?.meanReciprocalRank == 1)
        // All reviews are the same: ranks 1.5 of two.
        #expect(near(report.reviewRetrieval?.meanReciprocalRank, 1 / 1.5))
    }

    @Test("Of many items 100 are told apart, the same ones with the same seed")
    func seeds() throws {
        let records = (0..<300).flatMap { item in
            (0..<3).map { record("i\(item)", nil, "They like thing\(item % 50) much.", "It is word\($0 * item % 7) here.") }
        }
        let one = try #require(QualityReport(records, seed: 1).retrieval)
        #expect(one.candidates == 100 && one.queries == 300 && one.meanReciprocalRank > 2 * one.chance && one.meanReciprocalRank < 1)
        #expect(QualityReport(records, seed: 1).retrieval == one && QualityReport(records, seed: 2).retrieval != one)
    }
}
