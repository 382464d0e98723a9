/// The numbers of users and items that were looked up lately, by key. On the writer's queue alone, and forgotten when a transaction fails:
/// its rows have never been.
final class CatalogueNumbers: @unchecked Sendable {
    // `@unchecked`: touched by the store's one writer alone.
    private var users: [ExactText: Int64] = [:]
    private var items: [ExactText: Int64] = [:]

    /// Of each: with keys of twenty bytes about 10 MB.
    private static let most = 100_000

    func user(_ key: String) -> Int64? { users[ExactText(key)] }
    func item(_ key: String) -> Int64? { items[ExactText(key)] }

    func addUser(_ key: String, _ number: Int64) {
        if users.count == Self.most { users.removeAll(keepingCapacity: true) }
        users[ExactText(key)] = number
    }

    func addItem(_ key: String, _ number: Int64) {
        if items.count == Self.most { items.removeAll(keepingCapacity: true) }
        items[ExactText(key)] = number
    }

    func forget() {
        users = [:]
        items = [:]
    }
}

/// A text that equals another only byte for byte. To `String` the composed and the decomposed é are one, and to the shop two ids.
private struct ExactText: Hashable {
    private let text: String

    init(_ text: String) { self.text = text }

    static func == (one: ExactText, other: ExactText) -> Bool { one.text.isExactly(other.text) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension String {
    /// Whether this is the other byte for byte, which `==` does not ask for.
    func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
