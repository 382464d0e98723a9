internal import Synchronization

/// Bounds what the writers of one connection have handed to the socket thread and its socket has not taken. Credit alone cannot: a receiver
/// may grant gigabytes at once, and then read slower than the handlers write.
///
/// Writers `take` on their threads; the socket thread tells what has departed, and then wakes the streams of the connection if any was refused.
final class OutboundBudget: Sendable {
    /// Bytes; one message more may be handed over.
    static let maxBytes = 4 << 20
    /// What a message counts beside its payload, so that empty ones are bounded too.
    static let overhead = 64

    private let handed = Atomic<Int>(0)
    private let refused = Atomic<Bool>(false)

    /// - Returns: false when the writer has to wait until its stream is woken.
    func take(bytes: Int) -> Bool {
        if tryTake(bytes) { return true }
        // Told first and tried once more, so that what departs in between is either seen here or wakes.
        refused.store(true, ordering: .sequentiallyConsistent)
        return tryTake(bytes)
    }

    private func tryTake(_ bytes: Int) -> Bool {
        // Never added and taken back: what departs meanwhile would see less room than there is, and wake nobody.
        var before = handed.load(ordering: .sequentiallyConsistent)
        while before < Self.maxBytes {
            let (exchanged, found) = handed.compareExchange(
                expected: before, desired: before + bytes + Self.overhead, ordering: .sequentiallyConsistent)
            if exchanged { return true }
            before = found
        }
        return false
    }

    /// - Returns: whether the streams are to be woken.
    func departed(bytes: Int) -> Bool {
        let left = handed.subtract(bytes + Self.overhead, ordering: .sequentiallyConsistent).newValue
        // Not for each message: writers come back when there is room for many.
        return left <= Self.maxBytes / 2 && refused.exchange(false, ordering: .sequentiallyConsistent)
    }
}
