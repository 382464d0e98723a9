/// Keeps the entries with the highest scores, of equals the first ones.
struct BestFew<Element> {
    struct Entry {
        let score: Double
        let element: Element
        fileprivate let order: Int
    }

    /// How many to keep; `.max` for all.
    let most: Int
    private let mostUnsorted: Int
    private var entries: [Entry] = []
    private var order = 0
    /// What is not above this is not among them: entries are sorted only now and then.
    private var floor = -Double.infinity

    init(_ most: Int) {
        self.most = most
        mostUnsorted = most > 1 << 30 ? .max : 2 * most + 64
    }

    mutating func offer(_ score: Double, _ element: @autoclosure () -> Element) {
        order += 1
        guard score > floor else { return }
        entries.append(Entry(score: score, element: element(), order: order))
        if entries.count >= mostUnsorted { trim() }
    }

    private mutating func trim() {
        entries.sort { $0.score != $1.score ? $0.score > $1.score : $0.order < $1.order }
        if entries.count >= most {
            entries.removeLast(entries.count - most)
            floor = entries.last?.score ?? -.infinity
        }
    }

    /// Best first.
    mutating func sorted() -> [Entry] {
        trim()
        return entries
    }

    /// The score that a new entry has to beat; -infinity while there is room.
    mutating func bar() -> Double {
        trim()
        return floor
    }
}
