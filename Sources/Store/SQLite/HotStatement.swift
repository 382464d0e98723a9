internal import GRDB
internal import GRDBSQLite

/// A statement of the import's inner loop, run through SQLite's own functions: GRDB's way, with a value of its own for each argument, takes as
/// long as SQLite does. For the writer's queue, inside a transaction of GRDB's; arguments are copied by SQLite.
struct HotStatement {
    private let db: Database
    private let statement: Statement
    /// Lives as long as the statement.
    private let handle: OpaquePointer

    init(_ db: Database, _ sql: String) throws {
        self.db = db
        statement = try db.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
    }

    func bind(_ value: Int64, at index: CInt) { sqlite3_bind_int64(handle, index, value) }
    /// Nil as NULL.
    func bind(_ value: Int64?, at index: CInt) {
        if let value { sqlite3_bind_int64(handle, index, value) } else { sqlite3_bind_null(handle, index) }
    }

    func bind(_ value: Double, at index: CInt) { sqlite3_bind_double(handle, index, value) }

    func bind(_ text: String, at index: CInt) {
        var text = text
        // SQLITE_TRANSIENT, whose cast Swift does not import: SQLite makes a copy.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        text.withUTF8 { bytes in
            // Of an empty text there may be no address, which would bind NULL.
            if bytes.isEmpty {
                sqlite3_bind_text(handle, index, "", 0, transient)
            } else {
                bytes.withMemoryRebound(to: CChar.self) { _ = sqlite3_bind_text(handle, index, $0.baseAddress, CInt($0.count), transient) }
            }
        }
    }

    /// Runs one that returns no rows.
    /// - Returns: rows it changed.
    func execute() throws -> Int {
        defer { sqlite3_reset(handle) }
        let code = sqlite3_step(handle)
        guard code == SQLITE_DONE else { throw failure(code) }
        return Int(sqlite3_changes(db.sqliteConnection))
    }

    /// The number in the first column of the first row; nil without a row.
    func number() throws -> Int64? {
        defer { sqlite3_reset(handle) }
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return sqlite3_column_int64(handle, 0)
        case SQLITE_DONE: return nil
        case let code: throw failure(code)
        }
    }

    private func failure(_ code: CInt) -> DatabaseError {
        let message = db.sqliteConnection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
        return DatabaseError(resultCode: ResultCode(rawValue: code & 0xFF), message: message, sql: statement.sql)
    }
}
