internal import GRDB
internal import Wire

/// The rows of splits.
enum Splits {
    static func newest(_ db: Database) throws -> Split? {
        try Row.fetchOne(db, sql: "\(select) ORDER BY version DESC LIMIT 1").map(split)
    }

    static func all(_ db: Database) throws -> [Split] { try Row.fetchAll(db, sql: "\(select) ORDER BY version DESC").map(split) }

    private static let select = """
        SELECT version, kind, k_core, validation_from, test_from, created_at, training, validation, test, left_out, tested_users,
            last_interaction >= (SELECT coalesce(max(id), 0) FROM interactions) AS is_current FROM splits
        """

    private static func split(_ row: Row) -> Split {
        Split(
            version: row["version"],
            policy: SplitPolicy(
                kind: SplitKind(rawValue: row["kind"]), kCore: row["k_core"], validationFromMs: row["validation_from"],
                testFromMs: row["test_from"]),
            createdAtMs: row["created_at"], training: row["training"], validation: row["validation"], test: row["test"],
            leftOut: row["left_out"], testedUsers: row["tested_users"], isCurrent: row["is_current"])
    }

    /// The policy that the newest was asked for: its moments only where they were given.
    static func askedPolicy(_ db: Database, of split: Split) throws -> SplitPolicy {
        var policy = split.policy ?? SplitPolicy()
        let own = try Bool.fetchOne(
            db, sql: "SELECT has_own_moments FROM splits WHERE version = ?", arguments: [Int64(clamping: split.version)])
        if own == false { (policy.validationFromMs, policy.testFromMs) = (0, 0) }
        return policy
    }

    /// All interactions, as a plan takes them.
    static func rows(_ db: Database) throws -> [SplitPlan.Row] {
        let statement = try db.makeStatement(sql: "SELECT id, user, item, time FROM interactions ORDER BY user, time, id")
        var rows: [SplitPlan.Row] = []
        let cursor = try Row.fetchCursor(statement)
        while let row = try cursor.next() {
            rows.append(SplitPlan.Row(interaction: row[0], user: row[1], item: row[2], time: row[3]))
        }
        return rows
    }

    /// A split that is to be stored, and what it divides.
    struct Planned: Sendable {
        /// As it was asked for: its moments only where they were given.
        var asked: SplitPolicy
        var plan: SplitPlan
        var rows: [SplitPlan.Row]
    }

    static func add(_ db: Database, _ planned: Planned, now: Int64) throws -> Split {
        let (plan, rows) = (planned.plan, planned.rows)
        func count(_ part: SplitPart) -> Int { plan.parts.count { $0 == part } }
        try db.execute(
            sql: """
                INSERT INTO splits (kind, k_core, validation_from, test_from, has_own_moments, created_at, last_interaction, training,
                    validation, test, left_out, tested_users)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                plan.policy.kind.rawValue, plan.policy.kCore, plan.policy.validationFromMs, plan.policy.testFromMs,
                planned.asked.testFromMs > 0, now, rows.map(\.interaction).max() ?? 0, count(.training), count(.validation), count(.test),
                count(.leftOut), plan.testedUsers,
            ])
        let version = db.lastInsertedRowID
        let statement = try HotStatement(db, "INSERT INTO split_parts (split, interaction, part) VALUES (?, ?, ?)")
        statement.bind(version, at: 1)
        // In the order of the key, whose pages are then filled one after the other.
        for index in rows.indices.sorted(by: { rows[$0].interaction < rows[$1].interaction }) {
            statement.bind(rows[index].interaction, at: 2)
            statement.bind(Int64(plan.parts[index].rawValue), at: 3)
            _ = try statement.execute()
        }
        guard let split = try newest(db) else { throw DatabaseError(message: "a split that was added cannot be found") }
        return split
    }

    /// Versions that nobody needs any more.
    static func prune(_ db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM splits WHERE version NOT IN (SELECT version FROM splits ORDER BY version DESC LIMIT ?)
                    AND version NOT IN (SELECT split FROM jobs WHERE split IS NOT NULL AND phase <= ?)
                """, arguments: [Split.keptVersions, JobPhase.running.rawValue])
    }
}
