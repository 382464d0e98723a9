internal import TextCleaning
package import Wire

/// Whether a record can be stored, and how: texts cleaned, ids exactly as given. What cannot be is said in words that name the field.
package enum RecordCheck {
    package enum Verdict: Sendable, Hashable {
        case taken(IngestRecord.Record)
        case refused(String)
    }

    /// Bytes of an id: 1 to this.
    package static let mostIDBytes = 512
    /// Bytes of a review's text and of a description.
    package static let mostTextBytes = 1 << 20
    /// Bytes of a title, a summary, a sentence of a rationale.
    package static let mostLineBytes = 1 << 16
    package static let mostCategories = 1_000
    /// From 1970 on: before 2100-01-01. 0 is unknown.
    package static let times: Range<Int64> = 0..<4_102_444_800_000

    package static func check(_ record: IngestRecord) -> Verdict {
        do {
            switch record.record {
            case .review(let review): return .taken(.review(try checked(review)))
            case .interaction(let interaction): return .taken(.interaction(try checked(interaction)))
            case .item(let item): return .taken(.item(try checked(item)))
            case .rationale(let rationale): return .taken(.rationale(try checked(rationale)))
            case nil: return .refused("the record is empty, or of a kind that this version does not know")
            }
        } catch {
            return .refused(error.reason)
        }
    }

    /// - Throws: why it cannot be stored.
    package static func checked(_ interaction: Interaction) throws(Fault) -> Interaction {
        try check(id: interaction.userID, "user_id")
        try check(id: interaction.itemID, "item_id")
        try check(time: interaction.timestampMs)
        return interaction
    }

    package struct Fault: Error, Sendable {
        package let reason: String
    }

    // MARK: Kinds

    private static func checked(_ review: Review) throws(Fault) -> Review {
        var review = review
        try check(id: review.userID, "user_id")
        try check(id: review.itemID, "item_id")
        // A derived one has both ids in it, and may have a backslash before each character.
        if !review.reviewID.isEmpty { try check(id: review.reviewID, "review_id", most: 4 * mostIDBytes + 32) }
        try check(time: review.timestampMs)
        guard review.rating.isFinite, review.rating >= 0 else {
            throw Fault(reason: "rating is \(review.rating): it takes 0 (unknown) or a number above")
        }
        review.text = try text(review.text, "text", most: mostTextBytes)
        review.summary = try text(review.summary, "summary", most: mostLineBytes)
        return review
    }

    private static func checked(_ item: Item) throws(Fault) -> Item {
        var item = item
        try check(id: item.itemID, "item_id")
        item.title = try text(item.title, "title", most: mostLineBytes)
        item.description = try text(item.description, "description", most: mostTextBytes)
        guard item.categories.count <= mostCategories else {
            throw Fault(reason: "there are \(item.categories.count) categories: at most \(mostCategories) are taken")
        }
        var categories: [String] = []
        for category in item.categories { categories.append(try text(category, "categories", most: mostLineBytes)) }
        item.categories = categories.filter { !$0.isEmpty }
        return item
    }

    private static func checked(_ rationale: Rationale) throws(Fault) -> Rationale {
        var rationale = rationale
        try check(id: rationale.reviewID, "review_id", most: 4 * mostIDBytes + 32)
        rationale.userPreference = try text(rationale.userPreference, "user_preference", most: mostLineBytes)
        rationale.itemAttributes = try text(rationale.itemAttributes, "item_attributes", most: mostLineBytes)
        for (name, sentence) in [("user_preference", rationale.userPreference), ("item_attributes", rationale.itemAttributes)] {
            guard sentence.contains(where: { !$0.isWhitespace }) else { throw Fault(reason: "\(name) is empty") }
        }
        // Whose it is must be known: another teacher's counts as another rationale.
        guard let provenance = rationale.provenance, !provenance.modelDigest.isEmpty, !provenance.promptVersion.isEmpty else {
            throw Fault(reason: "provenance lacks model_digest or prompt_version: who wrote it must be known")
        }
        for (name, text) in [
            ("model_digest", provenance.modelDigest), ("prompt_version", provenance.promptVersion), ("model_name", provenance.modelName),
            ("sampling", provenance.sampling), ("worker_id", provenance.workerID),
        ] where text.utf8.count > mostIDBytes {
            throw Fault(reason: "provenance.\(name) has \(text.utf8.count) bytes: at most \(mostIDBytes) are taken")
        }
        guard times.contains(provenance.createdAtMs) else {
            throw Fault(reason: "provenance.created_at_ms is \(provenance.createdAtMs): it takes 1970 to 2099, or 0")
        }
        return rationale
    }

    // MARK: Fields

    private static func check(id: String, _ name: String, most: Int = mostIDBytes) throws(Fault) {
        guard !id.isEmpty else { throw Fault(reason: "\(name) is empty") }
        guard id.utf8.count <= most else { throw Fault(reason: "\(name) has \(id.utf8.count) bytes: at most \(most) are taken") }
        guard id.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { throw Fault(reason: "\(name) has a control character") }
    }

    private static func check(time: Int64) throws(Fault) {
        guard times.contains(time) else {
            throw Fault(reason: "timestamp_ms is \(time): it takes milliseconds since 1970, up to the year 2099, or 0 where it is unknown")
        }
    }

    private static func text(_ text: String, _ name: String, most: Int) throws(Fault) -> String {
        guard text.utf8.count <= most else { throw Fault(reason: "\(name) has \(text.utf8.count) bytes: at most \(most) are taken") }
        return StoredText.cleaned(text)
    }
}
