/// How many users have two items both: a symmetric matrix, of which each row's entries are kept.
struct CooccurrenceGraph {
    /// Items.
    let count: Int
    /// [count + 1], where each item's neighbours begin.
    private(set) var offsets: [Int]
    private(set) var neighbours: [Int32]
    private(set) var weights: [Float]

    /// Items that are further apart in a history are not counted: what a user had hundreds of purchases ago says little, and pairs grow
    /// with the square.
    static let reach = 64

    init(itemCount: Int, histories: some Sequence<[Int]>) throws(CatalogueError) {
        guard itemCount > 0, itemCount <= 1 << 26 else { throw CatalogueError("a catalogue of \(itemCount) items") }
        var pairs: [UInt64] = []
        for (user, history) in histories.enumerated() {
            for (place, item) in history.enumerated() {
                guard item >= 0, item < itemCount else {
                    throw CatalogueError("item \(item) at place \(place) of history \(user); the catalogue has \(itemCount)")
                }
                for other in history[max(0, place - Self.reach)..<place] where other != item {
                    pairs.append(UInt64(item) << 32 | UInt64(other))
                    pairs.append(UInt64(other) << 32 | UInt64(item))
                }
            }
        }
        pairs.sort()
        count = itemCount
        offsets = [0]
        offsets.reserveCapacity(itemCount + 1)
        neighbours = []
        weights = []
        var last = UInt64.max
        for pair in pairs {
            if pair == last {
                weights[weights.count - 1] += 1
                continue
            }
            last = pair
            while offsets.count <= Int(pair >> 32) { offsets.append(neighbours.count) }
            neighbours.append(Int32(truncatingIfNeeded: pair))
            weights.append(1)
        }
        while offsets.count <= itemCount { offsets.append(neighbours.count) }
    }

    private init(count: Int) {
        self.count = count
        offsets = [0]
        neighbours = []
        weights = []
    }

    /// The rows and columns of some items, which are numbered by their places.
    func restricted(to items: [Int]) -> CooccurrenceGraph {
        var part = CooccurrenceGraph(count: items.count), places = [Int32](repeating: -1, count: count)
        for (place, item) in items.enumerated() { places[item] = Int32(place) }
        for item in items {
            for entry in offsets[item]..<offsets[item + 1] where places[Int(neighbours[entry])] >= 0 {
                part.neighbours.append(places[Int(neighbours[entry])])
                part.weights.append(weights[entry])
            }
            part.offsets.append(part.neighbours.count)
        }
        return part
    }
}
