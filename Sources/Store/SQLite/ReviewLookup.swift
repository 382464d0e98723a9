internal import GRDB

/// Finds reviews by the ids that clients know them by.
struct ReviewLookup {
    struct Found {
        var review: Int64
        var userID: String
        var itemID: String
    }

    private let db: Database

    init(_ db: Database) { self.db = db }

    /// By the id that it was given, or the one that `types.proto` derives for a review without.
    func find(_ id: String) throws -> Found? { try given(id) ?? derived(id) }

    /// By the id that it was given.
    func given(_ id: String) throws -> Found? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT reviews.interaction, users.key, items.key FROM reviews JOIN interactions ON interactions.id = reviews.interaction
                    JOIN users ON users.id = interactions.user JOIN items ON items.id = interactions.item
                WHERE given_id = ? AND given_id <> ''
                """)
        return try Row.fetchOne(statement, arguments: [id]).map { Found(review: $0[0], userID: $0[1], itemID: $0[2]) }
    }

    private func derived(_ id: String) throws -> Found? {
        guard let (userID, itemID, time) = Self.parts(of: id) else { return nil }
        let statement = try db.cachedStatement(
            sql: """
                SELECT reviews.interaction FROM reviews JOIN interactions ON interactions.id = reviews.interaction
                WHERE given_id = '' AND user = (SELECT id FROM users WHERE key = ?) AND item = (SELECT id FROM items WHERE key = ?)
                    AND time = ?
                """)
        return try Int64.fetchOne(statement, arguments: [userID, itemID, time]).map { Found(review: $0, userID: userID, itemID: itemID) }
    }

    /// User, item and time out of a derived id; nil for an id of another form.
    static func parts(of id: String) -> (userID: String, itemID: String, time: Int64)? {
        var parts: [[UInt8]] = [[]], isEscaped = false
        for byte in id.utf8 {
            if isEscaped {
                guard byte == UInt8(ascii: "|") || byte == UInt8(ascii: "\\") else { return nil }
                parts[parts.count - 1].append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "|") {
                guard parts.count < 3 else { return nil }
                parts.append([])
            } else {
                parts[parts.count - 1].append(byte)
            }
        }
        guard !isEscaped, parts.count == 3, let time = Int64(String(decoding: parts[2], as: UTF8.self)) else { return nil }
        return (String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self), time)
    }
}
