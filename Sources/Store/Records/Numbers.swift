// Rows by their numbers in the store: given once, never again to another.

package struct UserNumber: RawRepresentable, Sendable, Hashable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    /// Before all users.
    package static let none = UserNumber(rawValue: 0)
}

package struct ItemNumber: RawRepresentable, Sendable, Hashable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    /// Before all items.
    package static let none = ItemNumber(rawValue: 0)
}

package struct InteractionNumber: RawRepresentable, Sendable, Hashable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct ReviewNumber: RawRepresentable, Sendable, Hashable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    /// Before all reviews.
    package static let none = ReviewNumber(rawValue: 0)
}

package struct RationaleNumber: RawRepresentable, Sendable, Hashable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    /// Before all rationales.
    package static let none = RationaleNumber(rawValue: 0)
}

package struct TeacherNumber: RawRepresentable, Sendable, Hashable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct JobNumber: RawRepresentable, Sendable, Hashable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}
