import Student
import Testing
import Wire

@Suite struct RecordCheckTests {
    private static let review = Review(userID: "u", itemID: "i", text: "Good.", rating: 4, timestampMs: 1_600_000_000_000)
    private static let rationale = Rationale(
        reviewID: "r", userPreference: "The user prefers it.", itemAttributes: "It is good.",
        provenance: Provenance(modelDigest: "d", promptVersion: "p"))

    private static func review(_ change: (inout Review) -> Void) -> IngestRecord.Record {
        var review = review
        change(&review)
        return .review(review)
    }

    private static func rationale(_ change: (inout Rationale) -> Void) -> IngestRecord.Record {
        var rationale = rationale
        change(&rationale)
        return .rationale(rationale)
    }

    @Test(
        "What cannot be stored is refused with the name of the field",
        arguments: [
            (review { $0.userID = "" }, "user_id is empty"), (review { $0.itemID = "" }, "item_id is empty"),
            (review { $0.userID = String(repeating: "x", count: 513) }, "user_id has 513 bytes"),
            (review { $0.itemID = "a\u{1}b" }, "item_id has a control character"),
            (review { $0.rating = -1 }, "rating is -1.0"), (review { $0.rating = .nan }, "rating is nan"),
            (review { $0.rating = .infinity }, "rating is inf"),
            (review { $0.timestampMs = 253_370_764_800_000 }, "timestamp_ms is 253370764800000"),
            (review { $0.timestampMs = -1 }, "timestamp_ms is -1"),
            (review { $0.text = String(repeating: "x", count: 10_000_000) }, "text has 10000000 bytes"),
            (review { $0.summary = String(repeating: "x", count: 70_000) }, "summary has 70000 bytes"),
            (.interaction(Interaction(userID: "u")), "item_id is empty"),
            (.item(Item(title: "t")), "item_id is empty"),
            (.item(Item(itemID: "i", categories: Array(repeating: "c", count: 1_001))), "there are 1001 categories"),
            (rationale { $0.reviewID = "" }, "review_id is empty"), (rationale { $0.userPreference = " \n" }, "user_preference is empty"),
            (rationale { $0.itemAttributes = "" }, "item_attributes is empty"),
            (rationale { $0.provenance = nil }, "provenance lacks"), (rationale { $0.provenance?.promptVersion = "" }, "provenance lacks"),
            (rationale { $0.provenance?.workerID = String(repeating: "w", count: 600) }, "provenance.worker_id has 600 bytes"),
            (rationale { $0.provenance?.createdAtMs = .max }, "provenance.created_at_ms"),
        ] as [(IngestRecord.Record, String)])
    func refused(_ record: IngestRecord.Record, _ reason: String) {
        guard case .refused(let told) = RecordCheck.check(IngestRecord(record: record)) else {
            Issue.record("it is taken")
            return
        }
        #expect(told.hasPrefix(reason), "\(told)")
    }

    @Test("An empty record is refused")
    func empty() {
        guard case .refused = RecordCheck.check(IngestRecord()) else {
            Issue.record("it is taken")
            return
        }
    }

    @Test("Texts are cleaned, ids are kept as they are")
    func cleaned() {
        let review = Review(
            reviewID: "r &amp; e\u{301}", userID: " u&amp;\u{2028}", itemID: "I\u{301}", text: "A &amp; B\r\nC\u{7}",
            summary: "e\u{301}", rating: 4.5, timestampMs: 0)
        var wanted = review
        (wanted.text, wanted.summary) = ("A & B\nC", "é")
        let verdict = RecordCheck.check(IngestRecord(record: .review(review)))
        #expect(verdict == .taken(.review(wanted)))
        guard case .taken(.review(let taken)) = verdict else { return }
        #expect(Array(taken.itemID.utf8) == Array("I\u{301}".utf8))
        #expect(Array(taken.summary.utf8) == Array("é".utf8))
    }
}
