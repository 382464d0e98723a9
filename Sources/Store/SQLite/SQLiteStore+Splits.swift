internal import GRDB
package import Wire

extension SQLiteStore {
    package func makeSplit(_ policy: SplitPolicy) async throws(StoreError) -> Split {
        let policy = try SplitPlan.checked(policy)
        return try await chosenSplit(pinnedBy: nil) { db, newest in
            // The same of the same would be the same.
            if let newest, newest.isCurrent, try Splits.askedPolicy(db, of: newest) == policy { return .keep(newest) }
            return .make(policy)
        }
    }

    package func freshSplit(pinnedBy job: JobNumber?) async throws(StoreError) -> Split {
        try await chosenSplit(pinnedBy: job) { db, newest in
            guard let newest else { return .make(try SplitPlan.checked(SplitPolicy())) }
            return newest.isCurrent ? .keep(newest) : .make(try Splits.askedPolicy(db, of: newest))
        }
    }

    private enum Choice: Sendable {
        case keep(Split)
        case make(SplitPolicy)
    }

    /// Plans on a reader's snapshot, so that writers have to wait only while the plan is stored. What comes meanwhile is not in the split.
    private func chosenSplit(
        pinnedBy job: JobNumber?, _ choose: @escaping @Sendable (Database, Split?) throws -> Choice
    ) async throws(StoreError) -> Split {
        while true {
            let (choice, planned) = try await read { db -> (Choice, Splits.Planned?) in
                let choice = try choose(db, Splits.newest(db))
                guard case .make(let policy) = choice else { return (choice, nil) }
                let rows = try Splits.rows(db)
                return (choice, Splits.Planned(asked: policy, plan: try SplitPlan(policy, rows), rows: rows))
            }
            let split = try await writeAlone { db -> Split? in
                let split: Split?
                switch choice {
                case .keep(let newest): split = try Splits.all(db).first { $0.version == newest.version }
                case .make: split = try planned.map { try Splits.add(db, $0, now: Self.now) }
                }
                if let split, let job {
                    try db.execute(
                        sql: "UPDATE jobs SET split = ? WHERE id = ?", arguments: [Int64(clamping: split.version), job.rawValue])
                }
                try Splits.prune(db)
                return split
            }
            // One that was to be kept has gone meanwhile, since others have made many.
            if let split { return split }
        }
    }

    package func split(_ version: UInt64) async throws(StoreError) -> Split {
        guard let split = try await read({ try Splits.all($0).first { $0.version == version } }) else {
            throw StoreError(.notFound, "split \(version) is not kept any more")
        }
        return split
    }

    package func currentSplit() async throws(StoreError) -> Split? { try await read { try Splits.newest($0) } }

    package func training(_ split: Split) -> any TrainingView { SQLiteTrainingView(store: self, split: split) }

    package func sequences(of split: Split, after user: UserNumber, limit: Int) async throws(StoreError) -> [UserSequence] {
        // CROSS JOIN keeps SQLite to the order written: users by their index, not all parts of the split for each page.
        try await read { try Self.sequences($0, of: split, after: user, limit: limit, trainingOnly: false) }
    }

    package func heldBackReviewsForEvaluation(
        of interactions: [InteractionNumber], in split: Split
    ) async throws(StoreError) -> [InteractionNumber: Review] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT given_id, users.key, items.key, text, summary, rating, time, part FROM split_parts
                        JOIN reviews ON reviews.interaction = split_parts.interaction
                        JOIN interactions ON interactions.id = split_parts.interaction
                        JOIN users ON users.id = interactions.user JOIN items ON items.id = interactions.item
                    WHERE split = ? AND split_parts.interaction = ? AND (text <> '' OR summary <> '')
                    """)
            var reviews: [InteractionNumber: Review] = [:]
            for interaction in interactions {
                guard let row = try Row.fetchOne(statement, arguments: [Int64(clamping: split.version), interaction.rawValue]),
                    [SplitPart.validation, .test].contains(SplitPart(rawValue: row[7]))
                else { continue }
                var review = Review(
                    reviewID: row[0], userID: row[1], itemID: row[2], text: row[3], summary: row[4], rating: row[5], timestampMs: row[6])
                review.reviewID = review.effectiveID
                reviews[interaction] = review
            }
            return reviews
        }
    }

    static func sequences(
        _ db: Database, of split: Split, after user: UserNumber, limit: Int, trainingOnly: Bool
    ) throws -> [UserSequence] {
        let cursor = try Row.fetchCursor(
            db,
            sql: """
                SELECT user, interactions.id, item, time, part FROM interactions
                    CROSS JOIN split_parts ON split = :split AND split_parts.interaction = interactions.id
                WHERE user IN (
                        SELECT DISTINCT user FROM interactions
                            CROSS JOIN split_parts ON split = :split AND split_parts.interaction = interactions.id
                        WHERE user > :user AND (NOT :training OR training_may_see(part)) ORDER BY user LIMIT :limit)
                    AND (NOT :training OR training_may_see(part))
                ORDER BY user, time, interactions.id
                """,
            arguments: ["split": Int64(clamping: split.version), "user": user.rawValue, "limit": limit, "training": trainingOnly])
        var sequences: [UserSequence] = []
        while let row = try cursor.next() {
            let user = UserNumber(rawValue: row[0])
            if sequences.last?.user != user { sequences.append(UserSequence(user: user, steps: [])) }
            sequences[sequences.count - 1].steps.append(
                UserSequence.Step(
                    interaction: InteractionNumber(rawValue: row[1]), item: ItemNumber(rawValue: row[2]), time: row[3],
                    part: SplitPart(rawValue: row[4])))
        }
        return sequences
    }
}
