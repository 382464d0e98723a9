/// Watches over a peer's silence (PROTOCOL.md 6.2). Pure: time is an argument.
package struct Heartbeat: Sendable, Hashable {
    package enum Action: Sendable, Hashable {
        case none
        case ping
        case dead
    }

    package let interval: Nanoseconds
    package let liveness: Int
    private var lastReceived: MonotonicTime
    private var lastPing: MonotonicTime
    private var lastTick: MonotonicTime
    /// Intervals of silence so far, over the connection's life.
    package private(set) var missed = 0

    package init(interval: Nanoseconds, liveness: Int, now: MonotonicTime) {
        self.interval = interval
        self.liveness = liveness
        lastReceived = now
        lastPing = now
        lastTick = now
    }

    /// How often `tick` wants to be called.
    package var tickInterval: Nanoseconds { Nanoseconds(max(1, interval.count / 2)) }

    package mutating func received(now: MonotonicTime) { lastReceived = now }

    /// To be called when everything that had arrived has been looked at.
    package mutating func tick(now: MonotonicTime) -> Action {
        // Between ticks lies half an interval; much more means that this process stood still, and its peer had no chance to be heard.
        let stalled = (now - lastTick).count > 2 * interval.count
        lastTick = now
        if stalled {
            lastReceived = now
            lastPing = now
            return .ping
        }
        let silence = (now - lastReceived).count
        if silence >= interval.count * Int64(liveness) { return .dead }
        guard silence >= interval.count, (now - lastPing).count >= interval.count else { return .none }
        lastPing = now
        missed += 1
        return .ping
    }
}
