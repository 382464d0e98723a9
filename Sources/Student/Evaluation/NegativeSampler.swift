/// Draws the items that a target is ranked among: none of the user's, each once, uniformly.
///
/// A user's draw goes by the seed and the user's id alone: it is the same in whatever order users come, and whatever else is drawn.
struct NegativeSampler: Sendable {
    /// The same for all versions, so that they are compared on the same draw.
    static let seed: UInt64 = 1

    let count: Int
    let catalogueCount: Int

    /// - Returns: rising; nil where the user has left fewer items than are to be drawn.
    func draw(for user: TestedUser) -> [Int]? {
        let own = Set(user.own), left = catalogueCount - own.count
        guard left >= count else { return nil }
        var random = StreamRandom(seed: Self.seed, IDDigest.of(user.id))
        // Floyd's sample of places among those that are left, which takes as many draws as there are items (Bentley and Floyd, 1987).
        var drawn: Set<Int> = []
        for end in left - count..<left {
            let place = random.below(end + 1)
            if !drawn.insert(place).inserted { drawn.insert(end) }
        }
        // The n-th item that is not the user's.
        var items: [Int] = [], before = user.own[...]
        var shift = 0
        for place in drawn.sorted() {
            while let next = before.first, next <= place + shift {
                shift += 1
                before.removeFirst()
            }
            items.append(place + shift)
        }
        return items
    }
}
