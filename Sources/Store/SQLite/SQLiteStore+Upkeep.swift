internal import Foundation
internal import GRDB
package import Wire

extension SQLiteStore {
    package func check() async throws(StoreError) -> CheckStoreResponse {
        try await read { db in
            var faults: [String] = []
            // What SQLite finds wrong with pages, indices and types, then with references.
            let pages = try String.fetchAll(db, sql: "PRAGMA integrity_check(1000)")
            if pages != ["ok"] { faults += pages }
            for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
                faults.append(
                    "\(row[0] as String): row \((row[1] as Int64?) ?? 0) belongs to a row of \(row[2] as String) that is not there")
            }
            for (sql, fault) in Self.orphans {
                let count = try Int.fetchOne(db, sql: sql) ?? 0
                if count > 0 { faults.append("\(count) \(fault)") }
            }
            var response = CheckStoreResponse()
            response.faults = Array(faults.prefix(100))
            response.faultCount = UInt64(faults.count)
            for table in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            where !table.hasPrefix("sqlite_") && table != "grdb_migrations" {
                let rows = try Int64.fetchOne(db, sql: "SELECT count(*) FROM \"\(table)\"") ?? 0
                response.tables.append(TableCount(table: table, rows: UInt64(clamping: rows)))
            }
            response.schemaVersion = try Migrations.migrator.appliedMigrations(db).last ?? ""
            return response
        }
    }

    /// What references do not say.
    private static let orphans = [
        (
            "SELECT count(*) FROM users WHERE NOT EXISTS (SELECT 1 FROM interactions WHERE user = users.id)",
            "users without an interaction"
        ),
        (
            "SELECT count(*) FROM splits WHERE training + validation + test + left_out <> "
                + "(SELECT count(*) FROM split_parts WHERE split = version)", "splits whose parts are not as many as they say"
        ),
        (
            "SELECT count(*) FROM rationales JOIN distillation_failures AS failed "
                + "ON failed.review = rationales.review AND failed.teacher = rationales.teacher",
            "reviews that a teacher is said to have failed on, and has not"
        ),
    ]

    package func backUp(to path: String) async throws(StoreError) {
        guard !FileManager.default.fileExists(atPath: path) else { throw StoreError(.invalid, "\(path) is there already") }
        let (pool, source) = (pool, self.path)
        do {
            try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
                DispatchQueue.global().async {
                    continuation.resume(
                        with: Swift.Result {
                            // One pass on one snapshot: writers go on meanwhile.
                            let copy = try DatabaseQueue(path: path)
                            try pool.backup(to: copy)
                            try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
                            try copy.close()
                        })
                }
            }
        } catch {
            unlink(path)
            throw StoreError(error, at: source)
        }
    }
}
