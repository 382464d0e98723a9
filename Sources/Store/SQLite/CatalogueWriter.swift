internal import Foundation
internal import GRDB
internal import Wire

/// Takes records in, inside one transaction. For the writer's queue.
struct CatalogueWriter {
    private let db: Database
    private let numbers: CatalogueNumbers?
    private let now: Int64
    private let findUser, addUser, findItem, addItem, addInteraction, findInteraction, addReview: Statement

    /// - Parameter numbers: nil in a savepoint, which may be taken back without the transaction.
    init(_ db: Database, _ numbers: CatalogueNumbers?, now: Int64) throws {
        self.db = db
        self.numbers = numbers
        self.now = now
        findUser = try db.cachedStatement(sql: "SELECT id FROM users WHERE key = ?")
        addUser = try db.cachedStatement(sql: "INSERT INTO users (key) VALUES (?)")
        findItem = try db.cachedStatement(sql: "SELECT id FROM items WHERE key = ?")
        addItem = try db.cachedStatement(sql: "INSERT INTO items (key) VALUES (?)")
        addInteraction = try db.cachedStatement(
            sql: "INSERT INTO interactions (user, item, time) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
        findInteraction = try db.cachedStatement(sql: "SELECT id FROM interactions WHERE user = ? AND item = ? AND time = ?")
        addReview = try db.cachedStatement(
            sql: """
                INSERT INTO reviews (interaction, given_id, text, summary, rating) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """)
    }

    func take(_ record: IngestRecord.Record) throws -> IngestOutcome {
        switch record {
        case .review(let review): try take(review)
        case .interaction(let interaction):
            try self.interaction(interaction.userID, interaction.itemID, interaction.timestampMs).isNew ? .added : .duplicate
        case .item(let item): try take(item)
        case .rationale(let rationale): try RationaleWriting(db, now: now).take(rationale)
        }
    }

    // MARK: Interactions

    /// The row of an interaction, which is made where it is not there.
    func interaction(_ userID: String, _ itemID: String, _ time: Int64) throws -> (number: Int64, isNew: Bool) {
        let user = try user(userID), item = try item(itemID).number
        try addInteraction.execute(arguments: [user, item, time])
        if db.changesCount > 0 { return (db.lastInsertedRowID, true) }
        guard let number = try Int64.fetchOne(findInteraction, arguments: [user, item, time]) else {
            throw DatabaseError(message: "an interaction that is there cannot be found")
        }
        return (number, false)
    }

    func user(_ key: String) throws -> Int64 {
        if let number = numbers?.user(key) { return number }
        let number: Int64
        if let found = try Int64.fetchOne(findUser, arguments: [key]) {
            number = found
        } else {
            try addUser.execute(arguments: [key])
            number = db.lastInsertedRowID
        }
        numbers?.addUser(key, number)
        return number
    }

    private func item(_ key: String) throws -> (number: Int64, isNew: Bool) {
        if let number = numbers?.item(key) { return (number, false) }
        let number: Int64
        let found = try Int64.fetchOne(findItem, arguments: [key])
        if let found {
            number = found
        } else {
            try addItem.execute(arguments: [key])
            number = db.lastInsertedRowID
        }
        numbers?.addItem(key, number)
        return (number, found == nil)
    }

    // MARK: Reviews

    private func take(_ review: Review) throws -> IngestOutcome {
        // One that is given the id it would have anyway is the same review.
        let givenID = review.reviewID.isEmpty || review.hasDerivedID ? "" : review.reviewID
        if !givenID.isEmpty, let other = try ReviewLookup(db).given(givenID) {
            guard other.userID == review.userID, other.itemID == review.itemID else {
                return .refused("review_id \(givenID) is that of another review, by user \(other.userID) of item \(other.itemID)")
            }
            return .duplicate
        }
        let interaction = try interaction(review.userID, review.itemID, review.timestampMs)
        try addReview.execute(arguments: [interaction.number, givenID, review.text, review.summary, review.rating])
        return db.changesCount > 0 ? .added : .duplicate
    }

    // MARK: Items

    /// What a record leaves empty stays as it was.
    private func take(_ item: Item) throws -> IngestOutcome {
        let (number, isNew) = try self.item(item.itemID)
        try db.cachedStatement(
            sql: """
                UPDATE items SET title = iif(:title = '', title, :title), description = iif(:description = '', description, :description),
                    categories = iif(:categories = '[]', categories, :categories)
                WHERE id = :id AND ((:title <> '' AND title <> :title) OR (:description <> '' AND description <> :description)
                    OR (:categories <> '[]' AND categories <> :categories))
                """
        ).execute(arguments: [
            "id": number, "title": item.title, "description": item.description, "categories": try Self.json(item.categories),
        ])
        return isNew || db.changesCount > 0 ? .added : .duplicate
    }

    private static func json(_ texts: [String]) throws -> String {
        texts.isEmpty ? "[]" : String(decoding: try JSONEncoder().encode(texts), as: UTF8.self)
    }
}

extension Review {
    /// Whether the id it was given is the one that it would have without.
    fileprivate var hasDerivedID: Bool {
        var bare = self
        bare.reviewID = ""
        return bare.effectiveID == reviewID
    }
}
