/// Some of the numbers below a count, in the order in which they were appended; removal anywhere takes constant time.
struct RecencyList {
    private var next: [Int]
    private var previous: [Int]
    private(set) var count = 0

    /// The list's two ends are a member of their own, `next.count - 1`.
    init(count: Int) {
        next = Array(repeating: -1, count: count + 1)
        previous = next
        next[count] = count
        previous[count] = count
    }

    private var end: Int { next.count - 1 }

    mutating func append(_ item: Int) {
        precondition(next[item] < 0, "\(item) is in the list already")
        let last = previous[end]
        (next[last], previous[item], next[item], previous[end]) = (item, last, end, item)
        count += 1
    }

    mutating func remove(_ item: Int) {
        precondition(next[item] >= 0, "\(item) is not in the list")
        next[previous[item]] = next[item]
        previous[next[item]] = previous[item]
        next[item] = -1
        count -= 1
    }

    /// Takes the oldest out.
    mutating func popFirst() -> Int? {
        let first = next[end]
        guard first != end else { return nil }
        remove(first)
        return first
    }
}
