internal import GRDB
internal import Wire

/// Writes rationales with their provenance, inside a transaction.
struct RationaleWriting {
    private let db: Database
    private let now: Int64

    init(_ db: Database, now: Int64) {
        self.db = db
        self.now = now
    }

    /// One that was made elsewhere.
    func take(_ rationale: Rationale) throws -> IngestOutcome {
        guard let found = try ReviewLookup(db).find(rationale.reviewID) else {
            return .refused("there is no review \(rationale.reviewID): send it before its rationale")
        }
        for (name, given, known) in [("user", rationale.userID, found.userID), ("item", rationale.itemID, found.itemID)]
        where !given.isEmpty && !given.isExactly(known) {
            return .refused("review \(rationale.reviewID) is of \(name) \(known), and not of \(given)")
        }
        let provenance = rationale.provenance ?? Provenance()
        let teacher = try teacher(
            TeacherIdentity(
                modelDigest: provenance.modelDigest, promptVersion: provenance.promptVersion, modelName: provenance.modelName))
        return try add(rationale, review: found.review, teacher: teacher) ? .added : .duplicate
    }

    func teacher(_ identity: TeacherIdentity) throws -> Int64 {
        let find = try db.cachedStatement(sql: "SELECT id FROM teachers WHERE model_digest = ? AND prompt_version = ?")
        if let number = try Int64.fetchOne(find, arguments: [identity.modelDigest, identity.promptVersion]) { return number }
        try db.cachedStatement(sql: "INSERT INTO teachers (model_digest, prompt_version, model_name) VALUES (?, ?, ?)").execute(
            arguments: [identity.modelDigest, identity.promptVersion, identity.modelName])
        return db.lastInsertedRowID
    }

    /// - Returns: whether it was not there before.
    func add(_ rationale: Rationale, review: Int64, teacher: Int64) throws -> Bool {
        let provenance = rationale.provenance ?? Provenance()
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO rationales (review, teacher, item, time, user_preference, item_attributes, sampling, worker, prompt_tokens,
                    generated_tokens, created_at)
                VALUES (:review, ?, (SELECT item FROM interactions WHERE id = :review), (SELECT time FROM interactions WHERE id = :review),
                    ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """)
        try statement.execute(arguments: [
            review, teacher, rationale.userPreference, rationale.itemAttributes, provenance.sampling, provenance.workerID,
            provenance.promptTokens, provenance.generatedTokens, provenance.createdAtMs == 0 ? now : provenance.createdAtMs,
        ])
        let isNew = db.changesCount > 0
        // What it failed on once it has now done.
        try db.cachedStatement(sql: "DELETE FROM distillation_failures WHERE review = ? AND teacher = ?").execute(
            arguments: [review, teacher])
        return isNew
    }

    func fail(review: Int64, teacher: Int64, status: UInt32, message: String) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO distillation_failures (review, teacher, status, message, failed_at)
                    SELECT :review, :teacher, ?, ?, ?
                    WHERE NOT EXISTS (SELECT 1 FROM rationales WHERE review = :review AND teacher = :teacher)
                    ON CONFLICT DO UPDATE SET status = excluded.status, message = excluded.message, failed_at = excluded.failed_at
                """
        ).execute(arguments: [review, teacher, status, message, now])
    }
}
