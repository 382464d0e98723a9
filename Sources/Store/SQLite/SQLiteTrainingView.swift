internal import GRDB
internal import Wire

/// What training may see, by SQL that asks `training_may_see` of each row.
struct SQLiteTrainingView: TrainingView {
    let store: SQLiteStore
    let split: Split

    private var version: Int64 { Int64(clamping: split.version) }

    func sees(_ interaction: InteractionNumber) async throws(StoreError) -> Bool {
        let version = version
        return try await store.read { db in
            let part = try Int32.fetchOne(
                db, sql: "SELECT part FROM split_parts WHERE split = ? AND interaction = ?", arguments: [version, interaction.rawValue])
            return part.map { Split.trainingMaySee(SplitPart(rawValue: $0)) } ?? false
        }
    }

    func sequences(after user: UserNumber, limit: Int) async throws(StoreError) -> [UserSequence] {
        let split = split
        return try await store.read { try SQLiteStore.sequences($0, of: split, after: user, limit: limit, trainingOnly: true) }
    }

    func itemCounts() async throws(StoreError) -> [ItemNumber: Int] {
        let version = version
        return try await store.read { db in
            let cursor = try Row.fetchCursor(
                db,
                sql: """
                    SELECT item, count(*) FROM split_parts JOIN interactions ON interactions.id = split_parts.interaction
                    WHERE split = ? AND training_may_see(part) GROUP BY item
                    """, arguments: [version])
            var counts: [ItemNumber: Int] = [:]
            while let row = try cursor.next() { counts[ItemNumber(rawValue: row[0])] = row[1] }
            return counts
        }
    }

    // MARK: Reviews

    func reviews(after review: ReviewNumber, limit: Int) async throws(StoreError) -> [PendingReview] {
        try await reviews(where: "true", after: review, limit: limit, ["teacher": nil, "failed_before": nil])
    }

    func reviewsToDistil(
        teacher: TeacherNumber, failedBefore: Int64, after review: ReviewNumber, limit: Int
    ) async throws(StoreError) -> [PendingReview] {
        try await reviews(
            where: Self.lacksRationale, after: review, limit: limit, ["teacher": teacher.rawValue, "failed_before": failedBefore])
    }

    func countToDistil(teacher: TeacherNumber, failedBefore: Int64) async throws(StoreError) -> Int {
        let version = version
        return try await store.read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM split_parts CROSS JOIN reviews ON reviews.interaction = split_parts.interaction
                    WHERE split = :split AND training_may_see(part) AND (text <> '' OR summary <> '') AND \(Self.lacksRationale)
                    """, arguments: ["split": version, "teacher": teacher.rawValue, "failed_before": failedBefore]) ?? 0
        }
    }

    private static let lacksRationale = """
        NOT EXISTS (SELECT 1 FROM rationales WHERE rationales.review = reviews.interaction AND teacher = :teacher)
            AND NOT EXISTS (
                SELECT 1 FROM distillation_failures AS failed
                WHERE failed.review = reviews.interaction AND teacher = :teacher AND failed_at >= :failed_before)
        """

    private func reviews(
        where condition: String, after review: ReviewNumber, limit: Int, _ more: [String: Int64?]
    ) async throws(StoreError) -> [PendingReview] {
        let version = version
        return try await store.read { db in
            let sql = """
                SELECT reviews.interaction, given_id, users.key, items.key, text, summary, rating, time FROM split_parts
                    CROSS JOIN reviews ON reviews.interaction = split_parts.interaction
                    CROSS JOIN interactions ON interactions.id = split_parts.interaction
                    JOIN users ON users.id = interactions.user JOIN items ON items.id = interactions.item
                WHERE split = :split AND split_parts.interaction > :after AND training_may_see(part) AND (text <> '' OR summary <> '')
                    AND \(condition)
                ORDER BY split_parts.interaction LIMIT :limit
                """
            let statement = try db.cachedStatement(sql: sql)
            var arguments: StatementArguments = ["split": version, "after": review.rawValue, "limit": limit]
            for (name, value) in more where value != nil { arguments += [name: value] }
            let rows = try Row.fetchAll(statement, arguments: arguments)
            return rows.map { row in
                var review = Review(
                    reviewID: row[1], userID: row[2], itemID: row[3], text: row[4], summary: row[5], rating: row[6], timestampMs: row[7])
                review.reviewID = review.effectiveID
                return PendingReview(number: ReviewNumber(rawValue: row[0]), review: review)
            }
        }
    }

    // MARK: Rationales

    func rationales(
        after rationale: RationaleNumber, upTo last: RationaleNumber, limit: Int
    ) async throws(StoreError) -> [TrainingRationale] {
        let version = version
        return try await store.read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT rationales.id, interactions.id, interactions.user, interactions.item, user_preference, item_attributes
                    FROM rationales
                        CROSS JOIN interactions ON interactions.id = rationales.review
                        CROSS JOIN split_parts ON split = ? AND split_parts.interaction = interactions.id
                    WHERE rationales.id > ? AND rationales.id <= ? AND training_may_see(part)
                    ORDER BY rationales.id LIMIT ?
                    """)
            return try Row.fetchAll(statement, arguments: [version, rationale.rawValue, last.rawValue, limit]).map { row in
                TrainingRationale(
                    number: RationaleNumber(rawValue: row[0]), interaction: InteractionNumber(rawValue: row[1]),
                    user: UserNumber(rawValue: row[2]), item: ItemNumber(rawValue: row[3]), userPreference: row[4], itemAttributes: row[5])
            }
        }
    }

    // MARK: Profiles

    func attributes(ofItem item: ItemNumber, before: Moment?) async throws(StoreError) -> [String] {
        // By the index of rationales: interactions have none by item.
        try await sentences(
            """
            SELECT item_attributes FROM rationales JOIN interactions ON interactions.id = rationales.review
                JOIN split_parts ON split = :split AND split_parts.interaction = interactions.id
            WHERE rationales.item = :number
            """, of: item.rawValue, before)
    }

    func preferences(ofUser user: UserNumber, before: Moment?) async throws(StoreError) -> [String] {
        try await sentences(
            """
            SELECT user_preference FROM interactions
                JOIN split_parts ON split = :split AND split_parts.interaction = interactions.id
                JOIN rationales ON rationales.review = interactions.id
            WHERE interactions.user = :number
            """, of: user.rawValue, before)
    }

    private func sentences(_ select: String, of number: Int64, _ before: Moment?) async throws(StoreError) -> [String] {
        let version = version
        return try await store.read { db in
            let statement = try db.cachedStatement(
                sql: """
                    \(select) AND training_may_see(part) AND (:time IS NULL OR (interactions.time, interactions.id) < (:time, :interaction))
                        AND rationales.id = (SELECT max(id) FROM rationales AS newest WHERE newest.review = rationales.review)
                    ORDER BY interactions.time, interactions.id
                    """)
            return try String.fetchAll(
                statement,
                arguments: [
                    "split": version, "number": number, "time": before?.time, "interaction": before?.interaction.rawValue,
                ])
        }
    }
}
