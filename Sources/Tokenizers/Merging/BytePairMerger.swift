/// The table of byte-pair merges, by pair of tokens.
struct BytePairMerger: Sendable {
    /// By left token in the upper half and right token in the lower.
    private var merges: [UInt64: Merge] = [:]

    init(capacity: Int) { merges.reserveCapacity(capacity) }

    /// Of equal pairs the first counts.
    mutating func add(_ left: Int32, _ right: Int32, _ merge: Merge) {
        let key = Self.key(left, right)
        if merges[key] == nil { merges[key] = merge }
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// The tokens of a word whose bytes are the tokens given.
    func merge(_ word: [Int32]) -> [Int32] {
        if word.count < 2 { return word }
        return PieceJoiner.join(word) { merges[Self.key($0.token, $1.token)] }.map(\.token)
    }
}
