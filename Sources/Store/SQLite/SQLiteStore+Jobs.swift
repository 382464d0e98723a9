internal import Foundation
internal import GRDB
internal import Wire

extension SQLiteStore {
    package func addJob(kind: JobKind, request: [UInt8]) async throws(StoreError) -> JobRecord {
        try await write { db in
            try db.execute(
                sql: "INSERT INTO jobs (kind, phase, request, created_at) VALUES (?, ?, ?, ?)",
                arguments: [kind.rawValue, JobPhase.queued.rawValue, Data(request), Self.now])
            return try Self.job(db, JobNumber(rawValue: db.lastInsertedRowID))
        }
    }

    package func job(_ number: JobNumber) async throws(StoreError) -> JobRecord { try await read { try Self.job($0, number) } }

    package func jobs(limit: Int) async throws(StoreError) -> [JobRecord] {
        try await read {
            try Row.fetchAll($0, sql: "SELECT * FROM jobs ORDER BY id DESC LIMIT ?", arguments: [limit]).compactMap(Self.record)
        }
    }

    package func unfinishedJobs() async throws(StoreError) -> [JobRecord] {
        try await read {
            try Row.fetchAll($0, sql: "SELECT * FROM jobs WHERE phase <= ? ORDER BY id", arguments: [JobPhase.running.rawValue])
                .compactMap(Self.record)
        }
    }

    package func update(_ number: JobNumber, _ change: JobChange) async throws(StoreError) -> JobRecord {
        try await write { db in
            var job = try Self.job(db, number)
            guard !job.phase.isFinished else {
                // Who cancels what has ended has what was wanted.
                if change == JobChange(requestsCancel: true) { return job }
                throw StoreError(.invalid, "job \(number.rawValue) has ended")
            }
            if let phase = change.phase, phase != job.phase {
                if phase == .running, job.startedAt == 0 { job.startedAt = Self.now }
                if phase.isFinished { job.finishedAt = Self.now }
                job.phase = phase
            }
            job.split = change.split ?? job.split
            job.done = change.done ?? job.done
            job.total = change.total ?? job.total
            job.modelVersion = change.modelVersion ?? job.modelVersion
            job.message = change.message ?? job.message
            job.isCancelRequested = job.isCancelRequested || change.requestsCancel
            try db.execute(
                sql: """
                    UPDATE jobs SET phase = ?, split = ?, done = ?, total = ?, started_at = ?, finished_at = ?, message = ?,
                        cancel_requested = ?, model_version = ?
                    WHERE id = ?
                    """,
                arguments: [
                    job.phase.rawValue, job.split.map { Int64(clamping: $0) }, job.done, job.total, job.startedAt, job.finishedAt,
                    job.message, job.isCancelRequested, job.modelVersion, number.rawValue,
                ])
            if !change.metrics.isEmpty {
                job.add(change.metrics)
                try db.execute(
                    sql: "UPDATE jobs SET metrics = ? WHERE id = ?",
                    arguments: [Data(JobEvent(metrics: job.metrics).encoded()), number.rawValue])
            }
            return job
        }
    }

    static func job(_ db: Database, _ number: JobNumber) throws -> JobRecord {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM jobs WHERE id = ?", arguments: [number.rawValue]) else {
            throw StoreError(.notFound, "there is no job \(number.rawValue)")
        }
        guard let job = try record(row) else { throw StoreError(.notFound, "job \(number.rawValue) is of a later version of rdrec") }
        return job
    }

    /// Nil for one of a later version, whose kinds this one does not know: it stays for that one.
    private static func record(_ row: Row) throws -> JobRecord? {
        guard let kind = JobKind(rawValue: row["kind"]), let phase = JobPhase(rawValue: row["phase"]) else { return nil }
        return JobRecord(
            number: JobNumber(rawValue: row["id"]), kind: kind, phase: phase, request: [UInt8](row["request"] as Data),
            split: (row["split"] as Int64?).map { UInt64(clamping: $0) }, done: row["done"], failed: row["failed"], total: row["total"],
            createdAt: row["created_at"], startedAt: row["started_at"], finishedAt: row["finished_at"], message: row["message"],
            isCancelRequested: row["cancel_requested"], modelVersion: row["model_version"],
            metrics: try JobEvent(decoding: [UInt8](row["metrics"] as Data)).metrics)
    }
}

extension JobRecord {
    fileprivate mutating func add(_ new: [Metric]) {
        struct Key: Hashable {
            let name: String
            let step: UInt64
        }
        let replaced = Set(new.map { Key(name: $0.name, step: $0.step) })
        metrics.removeAll { replaced.contains(Key(name: $0.name, step: $0.step)) }
        metrics += new
    }
}
