internal import Foundation
internal import GRDB
internal import GRDBSQLite

extension StoreError {
    /// What any error of the database means for who asked.
    init(_ error: any Error, at path: String) {
        switch error {
        case let error as StoreError: self = error
        case is CancellationError: self = StoreError(.cancelled, "the caller has gone")
        case let error as DatabaseError:
            switch error.resultCode {
            case .SQLITE_FULL: self = .full(path)
            // A file system without room shows as other failures too: of the index of the log, which is mapped, or of a synchronisation.
            case .SQLITE_IOERR where hasNoRoom(path), .SQLITE_CANTOPEN where hasNoRoom(path): self = .full(path)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                self = StoreError(.corrupt, "\(path) is damaged (\(error.description)): restore a backup")
            case .SQLITE_BUSY, .SQLITE_LOCKED: self = StoreError(.inUse, "\(path) is held by another process")
            case .SQLITE_INTERRUPT, .SQLITE_ABORT: self = StoreError(.cancelled, "the store was interrupted")
            default: self = StoreError(.io, "\(path): \(error.description)")
            }
        default: self = StoreError(.io, "\(path): \(error)")
        }
    }

    fileprivate static func full(_ path: String) -> StoreError {
        StoreError(.full, "no room is left on the disk of \(path): make some, and send the same again")
    }
}

/// Less than a mebibyte that could be written.
private func hasNoRoom(_ path: String) -> Bool {
    var figures = statvfs()
    guard statvfs((path as NSString).deletingLastPathComponent, &figures) == 0 else { return false }
    return UInt64(figures.f_bavail) * UInt64(figures.f_frsize) < 1 << 20
}

extension Database {
    /// Runs `body` in a transaction. Where the disk has no room for the log to grow, what is in the log is brought to the file, so that the log
    /// can begin anew, and the transaction is tried once more.
    /// - Parameter again: called before that: nothing of the first attempt has been.
    /// - Throws: `full` also for a quota that is used up, which to SQLite is any failure of the disk.
    func transaction<Value>(at path: String, again: () -> Void = {}, _ body: (Database) throws -> Value) throws -> Value {
        do {
            return try once(at: path, body)
        } catch let error as StoreError where error.code == .full {
            again()
            _ = try? checkpoint(.restart)
            return try once(at: path, body)
        }
    }

    private func once<Value>(at path: String, _ body: (Database) throws -> Value) throws -> Value {
        do {
            var value: Value?
            try inTransaction {
                value = try body(self)
                return .commit
            }
            guard let value else { preconditionFailure("a transaction that was committed has its value") }
            return value
        } catch let error as DatabaseError {
            let isQuota = error.resultCode == .SQLITE_IOERR && [EDQUOT, ENOSPC].contains(sqlite3_system_errno(sqliteConnection))
            throw isQuota ? StoreError.full(path) : StoreError(error, at: path)
        }
    }
}
