/// Guesses at the next tokens: what followed where the last few tokens stand in the request's source (prompt lookup decoding, Saxena, 2023).
/// A rationale tells much of its review in the review's own words.
struct DraftSource {
    /// Tokens that have to be equal before a guess is made.
    private static let run = 2

    private let source: [Int32]
    /// Where each pair of neighbouring tokens ends, the last place for each.
    private let ends: [UInt64: Int32]

    init(_ source: [Int32]) {
        self.source = source
        var ends: [UInt64: Int32] = [:]
        for end in source.indices.dropFirst(Self.run - 1) { ends[Self.key(source[end - 1], source[end])] = Int32(end) }
        self.ends = ends
    }

    private static func key(_ first: Int32, _ second: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
    }

    /// Up to `most` tokens that may follow `written`; none where nothing in the source is alike.
    func guess(after written: [Int32], most: Int) -> ArraySlice<Int32> {
        guard most > 0, written.count >= Self.run, let end = ends[Self.key(written[written.count - 2], written[written.count - 1])] else {
            return []
        }
        return source[(Int(end) + 1)...].prefix(most)
    }
}
