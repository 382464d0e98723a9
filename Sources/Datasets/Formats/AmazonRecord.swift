internal import Wire

/// The reviews and product metadata of Amazon as McAuley's group gives them out, of 2014, 2018 and 2023
/// (https://cseweb.ucsd.edu/~jmcauley/datasets.html, https://amazon-reviews-2023.github.io).
///
/// Each line is told by its fields: one with a user is a review, one without any field of reviews is metadata. In 2023 the item is
/// `parent_asin`, since metadata has nothing else: the variants of a product are one item.
extension RecordFields {
    static let amazonTable = FieldTable([
        .init(.user, "reviewerID"), .init(.item, "asin"), .init(.text, "reviewText"), .init(.rating, "overall"),
        .init(.summary, "summary"), .init(.time, "unixReviewTime", unit: .seconds),
        .init(.user, "user_id"), .init(.parentItem, "parent_asin"), .init(.text, "text"), .init(.rating, "rating"),
        .init(.time, "timestamp", unit: .milliseconds),
        // Of metadata, but for the reviews of 2023, where it is the summary.
        .init(.title, "title"), .init(.description, "description"), .init(.categories, "categories"), .init(.categories, "category"),
        .init(.mainCategory, "main_category"), .init(.mainCategory, "main_cat"),
    ])

    func amazonRecord() throws(LineFault) -> IngestRecord.Record {
        let isReview = has(.user) || has(.text) || has(.summary) || has(.rating) || has(.time)
        var missing: [String] = []
        if isReview, !has(.user) { missing.append(table.names(of: .user)) }
        if !has(.item), !has(.parentItem) { missing.append("asin or parent_asin") }
        guard missing.isEmpty else { throw LineFault("missing: \(missing.joined(separator: ", "))") }
        return isReview ? .review(try amazonReview()) : .item(try amazonItem())
    }

    private func amazonItemID() throws(LineFault) -> String { try id(has(.parentItem) ? .parentItem : .item) ?? "" }

    private func amazonReview() throws(LineFault) -> Review {
        Review(
            userID: try id(.user) ?? "", itemID: try amazonItemID(), text: try text(.text),
            summary: try text(has(.summary) ? .summary : .title), rating: try rating(), timestampMs: try timestampMs())
    }

    private func amazonItem() throws(LineFault) -> Item {
        let categories = try texts(.categories)
        return Item(
            itemID: try amazonItemID(), title: try text(.title), categories: categories.isEmpty ? try texts(.mainCategory) : categories,
            description: try joinedTexts(.description))
    }
}
