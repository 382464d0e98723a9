internal import Wire

/// The names of the fields, or of a table's columns, of a data set of one's own.
package struct FieldNames: Sendable, Hashable {
    /// Nil for a name's default: see `FieldNames.defaults`.
    package var user: String?
    package var item: String?
    package var text: String?
    package var summary: String?
    package var rating: String?
    package var time: String?
    package var reviewID: String?
    package var title: String?
    package var category: String?
    package var description: String?

    package init() {}

    /// What is looked for where no name is given: one of these. Of a table that has many the first counts; an object that has many is a
    /// fault.
    static let defaults: [(role: FieldRole, names: [String])] = [
        (.user, ["user_id", "userId", "user"]), (.item, ["item_id", "itemId", "item"]),
        (.text, ["text", "review_text", "reviewText"]), (.summary, ["summary"]), (.rating, ["rating"]),
        (.time, ["timestamp", "timestamp_ms", "timestampMs", "time"]), (.reviewID, ["review_id", "reviewId"]),
        (.title, ["title"]), (.categories, ["categories", "category"]), (.description, ["description"]),
    ]

    /// Those that are not left to a default.
    var given: [String] { Self.defaults.compactMap { self[$0.role] } }

    /// The name that was given for a role.
    subscript(_ role: FieldRole) -> String? {
        switch role {
        case .user: user
        case .item: item
        case .text: text
        case .summary: summary
        case .rating: rating
        case .time: time
        case .reviewID: reviewID
        case .title: title
        case .categories: category
        case .description: description
        case .parentItem, .mainCategory, .explanation: nil
        }
    }

    /// The table of these names, the defaults included. Two roles may not have one name.
    /// - Throws: `DatasetError` with `unfit`.
    func table(_ unit: TimeUnit) throws(DatasetError) -> FieldTable {
        var entries: [FieldTable.Entry] = []
        let given = Set(self.given)
        for (role, names) in Self.defaults {
            // A name that was given for one role is not the default of another.
            for name in self[role].map({ [$0] }) ?? names.filter({ !given.contains($0) }) {
                if self[role] != nil, let other = entries.first(where: { $0.name == name }) {
                    throw DatasetError(.unfit, "\(name) is given for two fields, \(other.role) and \(role)")
                }
                let inMilliseconds = unit == .automatic && ["timestamp_ms", "timestampMs"].contains(name)
                entries.append(.init(role, name, unit: inMilliseconds ? .milliseconds : unit))
            }
        }
        return FieldTable(entries)
    }
}

extension RecordFields {
    /// A record with a user is a review where it has a text, a summary or a rating, and an interaction where not; one without is an item.
    /// Titles, categories and descriptions are read of items alone.
    func namedRecord() throws(LineFault) -> IngestRecord.Record {
        let tellsOpinion = has(.text) || has(.summary) || has(.rating)
        let isEvent = has(.user) || tellsOpinion || has(.time) || has(.reviewID)
        var missing: [String] = []
        if isEvent, !has(.user) { missing.append(table.names(of: .user)) }
        if !has(.item) { missing.append(table.names(of: .item)) }
        guard missing.isEmpty else { throw LineFault("missing: \(missing.joined(separator: ", "))") }
        let itemID = try id(.item) ?? ""
        guard let userID = try id(.user) else {
            return .item(
                Item(
                    itemID: itemID, title: try text(.title), categories: try texts(.categories), description: try joinedTexts(.description))
            )
        }
        guard tellsOpinion else { return .interaction(Interaction(userID: userID, itemID: itemID, timestampMs: try timestampMs())) }
        return .review(
            Review(
                reviewID: try id(.reviewID) ?? "", userID: userID, itemID: itemID, text: try text(.text), summary: try text(.summary),
                rating: try rating(), timestampMs: try timestampMs()))
    }
}
