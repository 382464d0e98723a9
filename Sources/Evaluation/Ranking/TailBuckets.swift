/// Ranges of how often training saw an item, by which targets are told apart: the rarer, the harder.
package struct TailBuckets: Sendable, Hashable {
    /// The last count of each bucket but the last, which has no end.
    private let lasts: [Int]

    /// - Parameter lasts: rising, none negative: `[0, 5, 20]` makes 0, 1-5, 6-20 and 21+.
    package init(lasts: [Int] = [0, 5, 20]) {
        precondition(lasts.allSatisfy { $0 >= 0 } && zip(lasts, lasts.dropFirst()).allSatisfy(<), "rising counts")
        self.lasts = lasts
    }

    package var count: Int { lasts.count + 1 }

    package func bucket(of trainingCount: Int) -> Int { lasts.firstIndex { trainingCount <= $0 } ?? lasts.count }

    /// "0", "1-5", …, "21+".
    package func name(_ bucket: Int) -> String {
        let first = bucket == 0 ? 0 : lasts[bucket - 1] + 1
        guard bucket < lasts.count else { return "\(first)+" }
        return first == lasts[bucket] ? "\(first)" : "\(first)-\(lasts[bucket])"
    }
}
