internal import GRDB
package import Wire

extension SQLiteStore {
    package func makeSplit(_ policy: SplitPolicy) async throws(StoreError) -> Split {
        let policy = try SplitPlan.checked(policy)
        return try await writeAlone { db in
            // The same of the same would be the same.
            if let newest = try Splits.newest(db), newest.isCurrent, try Splits.askedPolicy(db, of: newest) == policy { return newest }
            return try Splits.make(db, policy, now: Self.now)
        }
    }

    package func freshSplit() async throws(StoreError) -> Split {
        try await writeAlone { db in
            guard let newest = try Splits.newest(db) else { return try Splits.make(db, SplitPlan.checked(SplitPolicy()), now: Self.now) }
            return newest.isCurrent ? newest : try Splits.make(db, Splits.askedPolicy(db, of: newest), now: Self.now)
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
        try await read { try Self.sequences($0, of: split, after: user, limit: limit, trainingOnly: false) }
    }

    static func sequences(
        _ db: Database, of split: Split, after user: UserNumber, limit: Int, trainingOnly: Bool
    ) throws -> [UserSequence] {
        let cursor = try Row.fetchCursor(
            db,
            sql: """
                SELECT user, interactions.id, item, time, part FROM interactions
                    JOIN split_parts ON split = :split AND split_parts.interaction = interactions.id
                WHERE user IN (
                        SELECT DISTINCT user FROM interactions
                            JOIN split_parts ON split = :split AND split_parts.interaction = interactions.id
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
