/// What bounds the memory that one record takes.
enum Limits {
    /// Of a line, or of a record of a table: 32 MiB.
    static let lineBytes = 32 << 20
    /// Of a text, a summary, a title, a description, or all categories together, in UTF-8: 1 MiB. With two of them a record stays below
    /// the 4 MiB that a server takes of a message.
    static let textBytes = 1 << 20
    /// Of the id of a user, an item or a review.
    static let idBytes = 512
    /// Of the texts of a list.
    static let listCount = 10_000
    /// Of a table.
    static let columnCount = 4_096
    /// Objects and lists inside each other.
    static let depth = 100
}
