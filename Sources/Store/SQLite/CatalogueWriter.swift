internal import Foundation
internal import GRDB
internal import Wire

/// Takes records in, inside one transaction. For the writer's queue.
struct CatalogueWriter {
    private let db: Database
    private let numbers: CatalogueNumbers?
    private let now: Int64
    private let findUser, addUser, findItem, addItem, addInteraction, findInteraction, addReview: HotStatement

    /// - Parameter numbers: nil in a savepoint, which may be taken back without the transaction.
    init(_ db: Database, _ numbers: CatalogueNumbers?, now: Int64) throws {
        self.db = db
        self.numbers = numbers
        self.now = now
        findUser = try HotStatement(db, "SELECT id FROM users WHERE key = ?")
        addUser = try HotStatement(db, "INSERT INTO users (key) VALUES (?)")
        findItem = try HotStatement(db, "SELECT id FROM items WHERE key = ?")
        addItem = try HotStatement(db, "INSERT INTO items (key) VALUES (?)")
        addInteraction = try HotStatement(
            db, "INSERT INTO interactions (user, item, time, id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
        findInteraction = try HotStatement(db, "SELECT id FROM interactions WHERE user = ? AND item = ? AND time = ?")
        addReview = try HotStatement(
            db, "INSERT INTO reviews (interaction, given_id, text, summary, rating) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
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
        try interaction(user(userID), item(itemID).number, time, number: nil)
    }

    /// - Parameter number: that it is to have where it is new; nil for the next one.
    private func interaction(_ user: Int64, _ item: Int64, _ time: Int64, number: Int64?) throws -> (number: Int64, isNew: Bool) {
        bind(addInteraction, user, item, time)
        addInteraction.bind(number, at: 4)
        if try addInteraction.execute() > 0 { return (db.lastInsertedRowID, true) }
        bind(findInteraction, user, item, time)
        guard let number = try findInteraction.number() else {
            throw DatabaseError(message: "an interaction that is there cannot be found")
        }
        return (number, false)
    }

    private func bind(_ statement: HotStatement, _ user: Int64, _ item: Int64, _ time: Int64) {
        statement.bind(user, at: 1)
        statement.bind(item, at: 2)
        statement.bind(time, at: 3)
    }

    func user(_ key: String) throws -> Int64 {
        if let number = numbers?.user(key) { return number }
        let number = try row(key, findUser, addUser).number
        numbers?.addUser(key, number)
        return number
    }

    private func item(_ key: String) throws -> (number: Int64, isNew: Bool) {
        if let number = numbers?.item(key) { return (number, false) }
        let row = try row(key, findItem, addItem)
        numbers?.addItem(key, row.number)
        return row
    }

    private func row(_ key: String, _ find: HotStatement, _ add: HotStatement) throws -> (number: Int64, isNew: Bool) {
        find.bind(key, at: 1)
        if let number = try find.number() { return (number, false) }
        add.bind(key, at: 1)
        _ = try add.execute()
        return (db.lastInsertedRowID, true)
    }

    // MARK: Reviews

    private func take(_ review: Review) throws -> IngestOutcome {
        // One that is given the id it would have anyway is the same review.
        let givenID = review.reviewID.isEmpty || review.hasDerivedID ? "" : review.reviewID
        if !givenID.isEmpty, ReviewLookup.parts(of: givenID) != nil {
            return .refused(
                "review_id \(givenID) has the form of an id that is derived, and is another review's: user_id|item_id|timestamp_ms")
        }
        if !givenID.isEmpty, let other = try ReviewLookup(db).given(givenID) {
            guard other.userID.isExactly(review.userID), other.itemID.isExactly(review.itemID) else {
                return .refused("review_id \(givenID) is that of another review, by user \(other.userID) of item \(other.itemID)")
            }
            return .duplicate
        }
        let interaction = try interaction(review.userID, review.itemID, review.timestampMs)
        return try add(review, givenID, interaction.number)
    }

    private func add(_ review: Review, _ givenID: String, _ interaction: Int64) throws -> IngestOutcome {
        addReview.bind(interaction, at: 1)
        addReview.bind(givenID, at: 2)
        addReview.bind(review.text, at: 3)
        addReview.bind(review.summary, at: 4)
        addReview.bind(review.rating, at: 5)
        if try addReview.execute() > 0 { return .added }
        // Without an id of its own it is the one that is there.
        return givenID.isEmpty ? .duplicate : .refused("user \(review.userID) has reviewed item \(review.itemID) at this time already")
    }

    // MARK: Runs

    /// As taking each record in its turn, at a fraction of the pages: users and items get their numbers in the order of the records, and then the
    /// interactions are put in by user, so that each page of an index which is larger than memory is written once. Their numbers are in the
    /// order of the records too, with gaps where one was there before.
    func take(_ run: InteractionRun) throws -> [IngestOutcome] {
        let first = (try Int64.fetchOne(db, sql: "SELECT max(id) FROM interactions") ?? 0) + 1
        let keys = try run.entries.map { (user: try user($0.userID), item: try item($0.itemID).number) }
        let byUser = keys.indices.sorted { (keys[$0].user, $0) < (keys[$1].user, $1) }
        var interactions: [(number: Int64, isNew: Bool)] = Array(repeating: (0, false), count: keys.count)
        for place in byUser {
            interactions[place] = try interaction(
                keys[place].user, keys[place].item, run.entries[place].time, number: first + Int64(place))
        }
        return try run.entries.indices.map { place in
            let (number, isNew) = interactions[place]
            guard let review = run.entries[place].review else { return isNew ? .added : .duplicate }
            return try add(review, "", number)
        }
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

    /// As they were written.
    static func categories(_ json: String) -> [String] {
        json == "[]" ? [] : (try? JSONDecoder().decode([String].self, from: Data(json.utf8))) ?? []
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
        return bare.effectiveID.isExactly(reviewID)
    }
}
