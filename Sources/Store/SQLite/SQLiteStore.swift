internal import Foundation
internal import GRDB
internal import Synchronization

/// The store in SQLite files of a directory: `store.sqlite`, its write-ahead log, and a lock. Safe from any task.
///
/// Writes go through one connection, in transactions that end with an fsync (`synchronous = FULL`); reads through others, each on the state of
/// its beginning. So readers and writers never wait for each other, and "database is locked" cannot come up within the process; the lock keeps
/// other processes away.
package final class SQLiteStore: Store {
    let pool: DatabasePool
    let group: GroupCommit
    let catalogue = CatalogueNumbers()
    let checkpointer: Checkpointer
    let path: String
    private let lock: DirectoryLock

    /// Opens the store of a directory, which is made where it is not there, and brings its schema up to date. Blocks: call it on a thread of
    /// its own.
    /// - Throws: `inUse` where another process has it; `corrupt`; `invalid` for a store of a later version of rdrec; `full`; `io`.
    package init(directory: String) throws(StoreError) {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StoreError(.io, "cannot make the directory \(directory): \(error.localizedDescription)")
        }
        lock = try DirectoryLock(directory)
        path = directory + "/store.sqlite"
        do {
            pool = try DatabasePool(path: path, configuration: Self.configuration)
            try pool.writeWithoutTransaction { db in
                // What a reply acknowledges outlives a loss of power.
                try db.execute(sql: "PRAGMA synchronous = FULL")
                // Of the one connection that writes.
                try db.execute(sql: "PRAGMA cache_size = -32768")
                try db.execute(sql: "PRAGMA wal_autocheckpoint = \(Checkpointer.mostPages)")
                try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
            }
            guard try pool.read({ try !Migrations.migrator.hasBeenSuperseded($0) }) else {
                throw StoreError(.invalid, "\(path) was written by a later version of rdrec: update this one")
            }
            try Migrations.migrator.migrate(pool)
            checkpointer = try Checkpointer(path: path)
        } catch {
            throw StoreError(error, at: path)
        }
        group = GroupCommit(pool, path: path)
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        // The lock keeps other studentd away; somebody's sqlite3 may hold the file for a moment.
        configuration.busyMode = .timeout(10)
        configuration.label = "rdrec.store"
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -8192")
            db.add(function: DatabaseFunctions.trainingMaySee)
        }
        return configuration
    }

    package func close() async {
        let (pool, lock, checkpointer) = (pool, lock, checkpointer)
        await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
            DispatchQueue.global().async {
                checkpointer.close()
                // What a reader still has open the process's end closes.
                try? pool.close()
                lock.release()
                done.resume()
            }
        }
    }

    // MARK: How the parts read and write

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
        do { return try await pool.read(body) } catch { throw StoreError(error, at: path) }
    }

    /// Small writes, which share a transaction with others.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
        defer { checkpointer.poke() }
        do { return try await group.write(body) } catch { throw StoreError(error, at: path) }
    }

    /// A large write, in a transaction of its own.
    func writeAlone<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
        defer { checkpointer.poke() }
        let path = path
        do {
            return try await pool.writeWithoutTransaction { try $0.transaction(at: path, body) }
        } catch {
            throw StoreError(error, at: path)
        }
    }

    /// Milliseconds since 1970.
    static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
}
