internal import GRDB
package import Wire

extension SQLiteStore {
    package func ingest(_ records: [IngestRecord.Record]) async throws(StoreError) -> [IngestOutcome] {
        let (catalogue, path) = (catalogue, path)
        defer { checkpointer.poke() }
        do {
            return try await pool.writeWithoutTransaction { db in
                do {
                    // What a row refers to was found or made by this writer, and users and items never go: SQLite's looking it up again takes
                    // an eighth of the time. `check` holds all references to account.
                    try db.execute(sql: "PRAGMA foreign_keys = OFF")
                    defer { try? db.execute(sql: "PRAGMA foreign_keys = ON") }
                    return try db.transaction(at: path, again: { catalogue.forget() }) { db in
                        let writer = try CatalogueWriter(db, catalogue, now: Self.now)
                        return try InteractionRun(records).map { try writer.take($0) } ?? records.map { try writer.take($0) }
                    }
                } catch {
                    // Also after a commit that has failed: its rows have never been.
                    catalogue.forget()
                    throw error
                }
            }
        } catch {
            throw StoreError(error, at: path)
        }
    }

    package func record(_ interaction: Interaction, key: String?) async throws(StoreError) -> Int {
        let now = Self.now
        // Of this interaction: a caller that uses one key for two has two.
        let key = key.map { [$0, interaction.userID, interaction.itemID].joined(separator: "\u{1}") }
        return try await write { db in
            if let key {
                try Self.prune(db, before: now - Self.keyLifetimeMs)
                let known = try db.cachedStatement(sql: "SELECT reply FROM idempotency_keys WHERE key = ?")
                if let reply = try Int.fetchOne(known, arguments: [key]) { return reply }
            }
            let writer = try CatalogueWriter(db, nil, now: now)
            _ = try writer.interaction(
                interaction.userID, interaction.itemID, interaction.timestampMs == 0 ? now : interaction.timestampMs)
            let count = try db.cachedStatement(sql: "SELECT count(*) FROM interactions WHERE user = ?")
            let length = try Int.fetchOne(count, arguments: [writer.user(interaction.userID)]) ?? 0
            if let key {
                try db.cachedStatement(sql: "INSERT INTO idempotency_keys (key, created_at, reply) VALUES (?, ?, ?)").execute(
                    arguments: [key, now, length])
            }
            return length
        }
    }

    /// A few at a time, so that nobody waits for those of a whole day.
    private static func prune(_ db: Database, before moment: Int64) throws {
        try db.cachedStatement(
            sql: "DELETE FROM idempotency_keys WHERE key IN (SELECT key FROM idempotency_keys WHERE created_at < ? LIMIT 8)"
        ).execute(arguments: [moment])
    }

    /// How long a caller may try again with the same key: a day.
    private static let keyLifetimeMs: Int64 = 86_400_000

    package func history(ofUser userID: String, latest: Int) async throws(StoreError) -> [Interaction] {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT items.key, time FROM interactions JOIN items ON items.id = interactions.item
                    WHERE user = (SELECT id FROM users WHERE key = ?) ORDER BY time DESC, interactions.id DESC LIMIT ?
                    """, arguments: [userID, latest])
            return rows.reversed().map { Interaction(userID: userID, itemID: $0[0], timestampMs: $0[1]) }
        }
    }

    package func items(after item: ItemNumber, limit: Int) async throws(StoreError) -> [StoredItem] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT id, key, title, categories, description FROM items WHERE id > ? ORDER BY id LIMIT ?")
            return try Row.fetchAll(statement, arguments: [item.rawValue, limit]).map { row in
                StoredItem(
                    number: ItemNumber(rawValue: row[0]),
                    item: Item(itemID: row[1], title: row[2], categories: CatalogueWriter.categories(row[3]), description: row[4]))
            }
        }
    }

    package func users(after user: UserNumber, limit: Int) async throws(StoreError) -> [StoredUser] {
        try await read { db in
            let statement = try db.cachedStatement(sql: "SELECT id, key FROM users WHERE id > ? ORDER BY id LIMIT ?")
            return try Row.fetchAll(statement, arguments: [user.rawValue, limit]).map {
                StoredUser(number: UserNumber(rawValue: $0[0]), id: $0[1])
            }
        }
    }

    package func user(_ id: String) async throws(StoreError) -> UserNumber? {
        try await read { db in
            let statement = try db.cachedStatement(sql: "SELECT id FROM users WHERE key = ?")
            return try Int64.fetchOne(statement, arguments: [id]).map { UserNumber(rawValue: $0) }
        }
    }

    package func newestRationale() async throws(StoreError) -> RationaleNumber {
        try await read { RationaleNumber(rawValue: try Int64.fetchOne($0, sql: "SELECT max(id) FROM rationales") ?? 0) }
    }

    package func statistics() async throws(StoreError) -> Statistics {
        try await read { db in
            func count(_ sql: String) throws -> UInt64 { UInt64(clamping: try Int64.fetchOne(db, sql: sql) ?? 0) }
            var statistics = Statistics()
            statistics.users = try count("SELECT count(*) FROM users")
            statistics.items = try count("SELECT count(*) FROM items")
            statistics.interactions = try count("SELECT count(*) FROM interactions")
            statistics.reviews = try count("SELECT count(*) FROM reviews")
            statistics.rationales = try count("SELECT count(*) FROM rationales")
            statistics.rationalesFailed = try count("SELECT count(DISTINCT review) FROM distillation_failures")
            statistics.storeBytes = try count("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
            if let split = try Splits.newest(db) {
                statistics.split = split
                statistics.rationalesPending = UInt64(
                    clamping: try Int64.fetchOne(
                        db,
                        sql: """
                            SELECT count(*) FROM split_parts CROSS JOIN reviews ON reviews.interaction = split_parts.interaction
                            WHERE split = ? AND training_may_see(part) AND (text <> '' OR summary <> '')
                                AND NOT EXISTS (SELECT 1 FROM rationales WHERE rationales.review = reviews.interaction)
                            """, arguments: [Int64(clamping: split.version)]) ?? 0)
            }
            return statistics
        }
    }
}
