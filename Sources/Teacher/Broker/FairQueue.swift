internal import DequeModule

/// Two queues, of interactive and of bulk work: interactive goes first, but of every few turns one is bulk's, so that neither starves.
/// Pure. Entries that were taken out by ``forget(_:)`` are skipped when their turn comes.
struct FairQueue<Entry: Hashable & Sendable>: Sendable {
    /// While both wait, bulk has one turn after so many of interactive.
    static var interactiveTurns: Int { 4 }

    fileprivate struct Line: Sendable {
        var entries: Deque<Entry> = []
        var waiting: Set<Entry> = []

        var first: Entry? { entries.first }

        /// Takes away what no longer waits at the front, and from all over where it is most of what there is.
        mutating func tidy() {
            while let entry = entries.first, !waiting.contains(entry) { entries.removeFirst() }
            if entries.count > 2 * waiting.count + 64 { entries.removeAll { !waiting.contains($0) } }
        }
    }

    private var interactive = Line()
    private var bulk = Line()
    /// Turns that interactive has had since bulk's last one, while bulk waited.
    private var turns = 0

    var count: Int { interactive.waiting.count + bulk.waiting.count }
    var interactiveCount: Int { interactive.waiting.count }
    var bulkCount: Int { bulk.waiting.count }
    /// Those that wait longest of either kind.
    var heads: [Entry] { [interactive.first, bulk.first].compactMap { $0 } }

    /// - Parameter again: to the front, since it had its turn before.
    mutating func add(_ entry: Entry, isBulk: Bool, again: Bool = false) {
        if isBulk { bulk.add(entry, again) } else { interactive.add(entry, again) }
    }

    mutating func forget(_ entry: Entry, isBulk: Bool) {
        if isBulk { bulk.forget(entry) } else { interactive.forget(entry) }
    }

    /// Whose turn it is.
    /// - Parameters:
    ///   - interactive, bulk: Whether there is a place for either; nothing is taken for which there is none.
    mutating func next(interactive hasPlace: Bool, bulk hasBulkPlace: Bool) -> Entry? {
        if bulk.first == nil { turns = 0 }
        let mayInteractive = hasPlace && interactive.first != nil, mayBulk = hasBulkPlace && bulk.first != nil
        if mayBulk, !mayInteractive || turns >= Self.interactiveTurns {
            turns = 0
            return bulk.take()
        }
        guard mayInteractive else { return nil }
        if bulk.first != nil { turns += 1 }
        return interactive.take()
    }
}

extension FairQueue.Line {
    mutating func add(_ entry: Entry, _ again: Bool) {
        waiting.insert(entry)
        if again { entries.prepend(entry) } else { entries.append(entry) }
    }

    mutating func forget(_ entry: Entry) {
        waiting.remove(entry)
        tidy()
    }

    mutating func take() -> Entry? {
        guard let entry = entries.popFirst() else { return nil }
        waiting.remove(entry)
        tidy()
        return entry
    }
}
