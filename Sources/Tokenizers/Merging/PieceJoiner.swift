/// A piece of a word on its way to tokens.
struct Piece {
    /// The token that it is; -1 for a piece that is none.
    let token: Int32
    /// The units of the word (bytes or characters) that it covers.
    let units: Range<Int>
}

/// What two neighbouring pieces become, and when: the lowest rank first.
struct Merge: Sendable {
    let rank: Int32
    let result: Int32
}

/// Joins neighbouring pieces, the lowest rank first and of equals the leftmost, until none is left that may be joined (Sennrich et al.,
/// 2016). In O(n log n) of a word's length, whatever the word: a review of one endless word costs no more than another.
enum PieceJoiner {
    /// - Parameters:
    ///   - units: The token of each unit of the word, or -1.
    ///   - lookup: What two neighbours become; nil where they stay apart.
    static func join(_ units: [Int32], _ lookup: (Piece, Piece) -> Merge?) -> [Piece] {
        let count = units.count
        var tokens = units
        // Piece i begins at unit i and ends at ends[i]; -1 for units that are within one. begins[i] is where the piece before i begins.
        var ends = (0..<count).map { $0 + 1 }, begins = (0..<count).map { $0 - 1 }
        var candidates = CandidateHeap()

        func propose(_ left: Int) {
            guard left >= 0, ends[left] < count else { return }
            let middle = ends[left], end = ends[middle]
            guard let merge = lookup(Piece(token: tokens[left], units: left..<middle), Piece(token: tokens[middle], units: middle..<end))
            else {
                return
            }
            candidates.push(Candidate(merge: merge, left: left, middle: middle, end: end))
        }

        for left in 0..<count { propose(left) }
        while let next = candidates.pop() {
            // Out of date when either piece has been joined with another meanwhile.
            guard ends[next.left] == next.middle, ends[next.middle] == next.end else { continue }
            tokens[next.left] = next.merge.result
            ends[next.left] = next.end
            ends[next.middle] = -1
            if next.end < count { begins[next.end] = next.left }
            propose(begins[next.left])
            propose(next.left)
        }
        var pieces: [Piece] = [], at = 0
        while at < count {
            pieces.append(Piece(token: tokens[at], units: at..<ends[at]))
            at = ends[at]
        }
        return pieces
    }
}

/// Two neighbours that may be joined.
private struct Candidate {
    let merge: Merge
    let left: Int
    let middle: Int
    let end: Int

    func isBefore(_ other: Candidate) -> Bool { (merge.rank, left) < (other.merge.rank, other.left) }
}

/// A binary heap, the candidate to join next on top.
private struct CandidateHeap {
    private var items: [Candidate] = []

    mutating func push(_ item: Candidate) {
        items.append(item)
        var child = items.count - 1
        while child > 0, items[child].isBefore(items[(child - 1) / 2]) {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Candidate? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return first }
        items[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child].isBefore(items[least]) { least = child }
            if least == parent { return first }
            items.swapAt(parent, least)
            parent = least
        }
    }
}
