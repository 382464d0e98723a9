internal import DequeModule

/// Bounds the handlers that run at a time and the calls that wait for their turn. Pure; entries that no longer wait are skipped when
/// their turn comes.
package struct AdmissionQueue<Entry> {
    /// What becomes of a call.
    package enum Admission: Sendable, Hashable { case run, wait, refuse }

    let maxRunning: Int
    let maxWaiting: Int
    /// Handlers that run.
    package private(set) var running = 0
    /// Calls that wait; the queue may hold more entries, of calls that have ended.
    package private(set) var waiting = 0
    private var queue: Deque<Entry> = []

    /// Both bounds are inclusive.
    package init(maxRunning: Int, maxWaiting: Int) {
        self.maxRunning = maxRunning
        self.maxWaiting = maxWaiting
    }

    /// A call has come.
    package mutating func admit(_ entry: Entry) -> Admission {
        if running < maxRunning {
            running += 1
            return .run
        }
        guard waiting < maxWaiting else { return .refuse }
        waiting += 1
        queue.append(entry)
        return .wait
    }

    /// A call that waited has ended before its turn.
    package mutating func abandoned(stillWaits: (Entry) -> Bool) {
        waiting -= 1
        // Entries of ended calls must not pile up behind a long-running handler.
        if queue.count > 2 * waiting + 64 { queue.removeAll { !stillWaits($0) } }
    }

    /// A handler has ended.
    /// - Returns: whose turn it is.
    package mutating func finished(stillWaits: (Entry) -> Bool) -> Entry? {
        while let next = queue.popFirst() {
            guard stillWaits(next) else { continue }
            waiting -= 1
            return next
        }
        running -= 1
        return nil
    }
}
