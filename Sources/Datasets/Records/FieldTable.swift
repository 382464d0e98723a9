internal import Glibc

/// What a field of a data set tells of a record.
enum FieldRole: Int, CaseIterable {
    case user, item
    /// The item, rather than `item` where both are there.
    case parentItem
    case text, summary, rating, time, reviewID
    /// A sentence of a text, which counts where the text is not there.
    case explanation
    case title, categories, mainCategory, description

    var isRequiredID: Bool { self == .user || self == .item }
}

/// The names of a format's fields, and what each stands for.
struct FieldTable {
    struct Entry {
        let role: FieldRole
        let name: String
        /// Of `time`.
        let unit: TimeUnit
        /// `name` in UTF-8.
        fileprivate let bytes: [UInt8]

        init(_ role: FieldRole, _ name: String, unit: TimeUnit = .automatic) {
            self.role = role
            self.name = name
            self.unit = unit
            bytes = Array(name.utf8)
        }
    }

    let entries: [Entry]

    init(_ entries: [Entry]) { self.entries = entries }

    /// The index of the entry of a name; nil for a field that nobody wants.
    func index(of name: RawField) -> Int? {
        guard name.escapes == .none else { return index(of: name.string) }
        guard let start = name.bytes.baseAddress else { return nil }
        return entries.firstIndex { $0.bytes.count == name.bytes.count && memcmp($0.bytes, start, name.bytes.count) == 0 }
    }

    func index(of name: String) -> Int? { entries.firstIndex { $0.bytes.elementsEqual(name.utf8) } }

    /// The names that may have a role, as in `user_id or userId`.
    func names(of role: FieldRole) -> String { entries.filter { $0.role == role }.map(\.name).joined(separator: " or ") }
}
