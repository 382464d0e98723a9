internal import GRDB
package import Wire

extension SQLiteStore {
    package func rationales(
        of subject: RationaleSubject, trainingOnly: Bool, _ body: @Sendable ([StoredRationale]) async throws -> Void
    ) async throws {
        let (table, key, isItem) =
            switch subject {
            case .item(let key): ("items", key, true)
            case .user(let key): ("users", key, false)
            }
        let subject = try await read { db -> (number: Int64, split: Int64?)? in
            let number = try Int64.fetchOne(db, sql: "SELECT id FROM \(table) WHERE key = ?", arguments: [key])
            return try number.map { ($0, try Splits.newest(db).map { Int64(clamping: $0.version) }) }
        }
        guard let subject else { throw StoreError(.notFound, "there is no \(table.dropLast()) \(key)") }
        var after: Place? = Place()
        while let place = after {
            let (batch, next) = try await read { db in
                try Self.rationales(
                    db, of: isItem ? .item : .user, subject.number, split: subject.split,
                    trainingOnly: trainingOnly, after: place)
            }
            if !batch.isEmpty { try await body(batch) }
            after = next
        }
    }

    /// By which index the rationales are found in their order.
    private enum Subject {
        case item, user

        var column: String { self == .item ? "rationales.item" : "interactions.user" }
        var order: String {
            self == .item ? "rationales.time, rationales.review, rationales.id" : "interactions.time, interactions.id, rationales.id"
        }
    }

    /// Where a batch ended.
    private struct Place: Sendable {
        var time = Int64.min
        var interaction = Int64.min
        var rationale = Int64.min
    }

    /// Each may have two sentences of 64 KiB.
    private static let batchCount = 64

    private static func rationales(
        _ db: Database, of subject: Subject, _ number: Int64, split: Int64?, trainingOnly: Bool, after place: Place
    ) throws -> ([StoredRationale], Place?) {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT given_id, users.key AS user_key, items.key AS item_key, interactions.id AS interaction, part, model_digest,
                    model_name, prompt_version, rationales.* FROM interactions
                    JOIN reviews ON reviews.interaction = interactions.id JOIN rationales ON rationales.review = reviews.interaction
                    JOIN teachers ON teachers.id = rationales.teacher
                    JOIN users ON users.id = interactions.user JOIN items ON items.id = interactions.item
                    LEFT JOIN split_parts ON split = :split AND split_parts.interaction = interactions.id
                WHERE \(subject.column) = :number AND (NOT :training OR training_may_see(part))
                    AND (\(subject.order)) > (:time, :interaction, :rationale)
                ORDER BY \(subject.order) LIMIT :limit
                """,
            arguments: [
                "split": split, "number": number, "training": trainingOnly, "time": place.time, "interaction": place.interaction,
                "rationale": place.rationale, "limit": batchCount,
            ])
        let next =
            rows.count < batchCount ? nil : rows.last.map { Place(time: $0["time"], interaction: $0["interaction"], rationale: $0["id"]) }
        return (rows.map(stored), next)
    }

    private static func stored(_ row: Row) -> StoredRationale {
        let review = Review(reviewID: row["given_id"], userID: row["user_key"], itemID: row["item_key"], timestampMs: row["time"])
        let provenance = Provenance(
            modelDigest: row["model_digest"], modelName: row["model_name"], promptVersion: row["prompt_version"],
            sampling: row["sampling"], workerID: row["worker"], promptTokens: row["prompt_tokens"],
            generatedTokens: row["generated_tokens"], createdAtMs: row["created_at"])
        let rationale = Rationale(
            reviewID: review.effectiveID, userID: review.userID, itemID: review.itemID, userPreference: row["user_preference"],
            itemAttributes: row["item_attributes"], provenance: provenance)
        return StoredRationale(
            rationale: rationale, timestampMs: review.timestampMs, part: SplitPart(rawValue: (row["part"] as Int32?) ?? 0))
    }

    // MARK: Distillation

    package func teacher(_ identity: TeacherIdentity) async throws(StoreError) -> TeacherNumber {
        TeacherNumber(rawValue: try await write { try RationaleWriting($0, now: Self.now).teacher(identity) })
    }

    package func settle(
        _ outcomes: [DistillationOutcome], teacher: TeacherNumber, job: JobNumber
    ) async throws(StoreError) -> JobRecord {
        try await write { db in
            let writing = RationaleWriting(db, now: Self.now)
            var failed = 0
            for outcome in outcomes {
                switch outcome.result {
                case .rationale(let rationale):
                    _ = try writing.add(rationale, review: outcome.review.rawValue, teacher: teacher.rawValue)
                case .failure(let status, let message):
                    failed += 1
                    try writing.fail(
                        review: outcome.review.rawValue, teacher: teacher.rawValue, status: status, message: message)
                }
            }
            try db.cachedStatement(sql: "UPDATE jobs SET done = done + ?, failed = failed + ?, total = max(total, done + ?) WHERE id = ?")
                .execute(arguments: [outcomes.count, failed, outcomes.count, job.rawValue])
            return try Self.job(db, job)
        }
    }
}
