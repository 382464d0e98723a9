internal import DequeModule
internal import Locks
package import Wire

/// Finished rationales by all that they depend on, the least recently used out first; and which are being written now, so that the same
/// request is not written twice at a time. Safe from any thread.
package final class RationaleCache: Sendable {
    package struct Key: Hashable, Sendable {
        let modelDigest: String
        let promptVersion: String
        let sampling: String
        let text: String
        let summary: String

        package init(modelDigest: String, promptVersion: String, sampling: String, text: String, summary: String) {
            self.modelDigest = modelDigest
            self.promptVersion = promptVersion
            self.sampling = sampling
            self.text = text
            self.summary = summary
        }

        var byteCount: Int { [modelDigest, promptVersion, sampling, text, summary].reduce(0) { $0 + $1.utf8.count } }
    }

    package enum Entrance {
        case found(Rationale)
        /// The caller is to write it, and to `leave` whatever comes of it.
        case mine
        /// Somebody writes it. The stream ends when that one leaves; then enter again.
        case wait(AsyncStream<Never>)
    }

    /// Somebody who writes, and whom others may wait for. Bulk work may have long to wait for its turn, so that nobody interactive waits for
    /// it: the same is written a second time then.
    private struct Flight: Hashable {
        let key: Key
        let isBulk: Bool
    }

    private struct State {
        var store: LeastRecentlyUsed<Key, Rationale>
        /// Who waits for each that is being written.
        var flights: [Flight: [AsyncStream<Never>.Continuation]] = [:]
    }

    private let state: Locked<State>
    /// Whether it keeps anything.
    package let isOn: Bool

    /// - Parameter maxBytes: of keys and rationales together; 0 keeps nothing.
    package init(maxBytes: Int) {
        state = Locked(State(store: LeastRecentlyUsed(maxBytes: maxBytes)))
        isOn = maxBytes > 0
    }

    package func enter(_ key: Key, isBulk: Bool = false) -> Entrance {
        state.withLock { state in
            if let rationale = state.store.value(of: key) { return .found(rationale) }
            let own = Flight(key: key, isBulk: isBulk), interactive = Flight(key: key, isBulk: false)
            guard let other = [interactive, own].first(where: { state.flights[$0] != nil }) else {
                state.flights[own] = []
                return .mine
            }
            let (stream, continuation) = AsyncStream<Never>.makeStream()
            state.flights[other]?.append(continuation)
            return .wait(stream)
        }
    }

    /// Keeps what was written, without the ids of who asked first: the next one has others, and they have no place in the count.
    package func store(_ rationale: Rationale, for key: Key) {
        var rationale = rationale
        (rationale.reviewID, rationale.userID, rationale.itemID) = ("", "", "")
        let sentences = rationale.userPreference.utf8.count + rationale.itemAttributes.utf8.count
        state.withLock { [rationale] in $0.store.insert(rationale, for: key, bytes: 2 * key.byteCount + sentences + 512) }
    }

    package func leave(_ key: Key, isBulk: Bool = false) {
        for waiter in state.withLock({ $0.flights.removeValue(forKey: Flight(key: key, isBulk: isBulk)) }) ?? [] { waiter.finish() }
    }

    /// What it holds.
    package var count: Int { state.withLock { $0.store.count } }
    package var byteCount: Int { state.withLock { $0.store.bytes } }
}

/// Values by key, within a bound of bytes. Each use puts a mark at the end of a line; what is let go is the first whose mark is its newest.
struct LeastRecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        let value: Value
        let bytes: Int
        var mark: UInt64
    }

    private let maxBytes: Int
    private var entries: [Key: Entry] = [:]
    private var line: Deque<(key: Key, mark: UInt64)> = []
    private var nextMark: UInt64 = 0
    private(set) var bytes = 0

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    var count: Int { entries.count }

    mutating func value(of key: Key) -> Value? {
        guard let entry = entries[key] else { return nil }
        mark(key)
        return entry.value
    }

    /// What is larger than the whole bound is not kept.
    mutating func insert(_ value: Value, for key: Key, bytes: Int) {
        if let old = entries.removeValue(forKey: key) { self.bytes -= old.bytes }
        guard bytes <= maxBytes else { return }
        entries[key] = Entry(value: value, bytes: bytes, mark: 0)
        self.bytes += bytes
        mark(key)
        while self.bytes > maxBytes, let oldest = line.popFirst() {
            guard let entry = entries[oldest.key], entry.mark == oldest.mark else { continue }
            entries[oldest.key] = nil
            self.bytes -= entry.bytes
        }
    }

    private mutating func mark(_ key: Key) {
        nextMark += 1
        entries[key]?.mark = nextMark
        line.append((key, nextMark))
        // Marks that are not their key's newest must not pile up.
        if line.count > 2 * entries.count + 64 { line.removeAll { entries[$0.key]?.mark != $0.mark } }
    }
}
