internal import Locks
internal import Store
internal import Wire

/// The shop's items in memory, by their order of coming: what ids of requests mean, and what the replies tell of items. An item keeps its place,
/// since items never go and new ones come behind the others. Safe from any task.
final class ItemTable: Sendable {
    private struct State {
        var last = ItemNumber.none
        var ids: [String] = []
        var titles: [String] = []
        var numbers: [ItemNumber: Int] = [:]
        var places: [ExactID: Int] = [:]
        /// By their names in lower case.
        var categories: [String: [Int]] = [:]

        mutating func append(_ items: [StoredItem]) {
            for stored in items where stored.number.rawValue > last.rawValue {
                last = stored.number
                let place = ids.count
                ids.append(stored.item.itemID)
                titles.append(stored.item.title)
                numbers[stored.number] = place
                places[ExactID(stored.item.itemID)] = place
                for category in Set(stored.item.categories.map { $0.lowercased() }) { categories[category, default: []].append(place) }
            }
        }
    }

    private let store: any Store
    private let state = Locked(State())
    private static let pageCount = 4_096

    init(_ store: any Store) { self.store = store }

    // MARK: Reading the store

    /// Reads all anew: titles and categories may have changed. What is asked meanwhile is answered by what was there.
    func refresh() async throws(StoreError) {
        var fresh = State()
        while true {
            let page = try await store.items(after: fresh.last, limit: Self.pageCount)
            if page.isEmpty { break }
            fresh.append(page)
        }
        let read = fresh
        state.withLock { state in
            // Others have come behind these meanwhile.
            if read.ids.count >= state.ids.count { state = read }
        }
    }

    /// Reads what has come since.
    private func catchUp() async throws(StoreError) {
        while true {
            let page = try await store.items(after: state.withLock { $0.last }, limit: Self.pageCount)
            state.withLock { $0.append(page) }
            if page.count < Self.pageCount { return }
        }
    }

    // MARK: Looking up

    var count: Int { state.withLock { $0.ids.count } }

    /// The places of items; nil for what the shop does not know. One that came a moment ago is looked for in the store.
    func places(_ ids: [String]) async throws(StoreError) -> [Int?] {
        let keys = ids.map { ExactID($0) }
        let known = state.withLock { state in keys.map { state.places[$0] } }
        guard known.contains(nil) else { return known }
        try await catchUp()
        return state.withLock { state in keys.map { state.places[$0] } }
    }

    func places(_ numbers: [ItemNumber]) async throws(StoreError) -> [Int?] {
        let known = state.withLock { state in numbers.map { state.numbers[$0] } }
        guard known.contains(nil) else { return known }
        try await catchUp()
        return state.withLock { state in numbers.map { state.numbers[$0] } }
    }

    /// Those of at least one of the categories, whatever the case of its letters.
    func places(inCategories names: [String]) -> Set<Int> {
        let names = names.map { $0.lowercased() }
        return state.withLock { state in names.reduce(into: []) { $0.formUnion(state.categories[$1] ?? []) } }
    }

    func ids(_ places: some Sequence<Int>) -> [String] { state.withLock { state in places.map { state.ids[$0] } } }

    /// What a reply tells of items.
    func items(_ places: [Int]) -> [(id: String, title: String)] {
        state.withLock { state in places.map { (state.ids[$0], state.titles[$0]) } }
    }
}

/// An id as it was given: of two spellings of one text each is an id.
struct ExactID: Hashable {
    private let bytes: [UInt8]
    init(_ id: String) { bytes = Array(id.utf8) }
}
