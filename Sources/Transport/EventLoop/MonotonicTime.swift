internal import Glibc

/// A point on the clock that nobody sets (`CLOCK_MONOTONIC`), in nanoseconds. State machines take it as an argument and never
/// read a clock, so that tests can move time.
package struct MonotonicTime: Sendable, Hashable, Comparable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func now() -> MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Later than anything that happens.
    package static let distantFuture = MonotonicTime(nanoseconds: .max)

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Saturates at `distantFuture`.
    package static func + (time: MonotonicTime, span: Nanoseconds) -> MonotonicTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(span.count)
        return overflow ? .distantFuture : MonotonicTime(nanoseconds: sum)
    }

    package static func - (later: MonotonicTime, earlier: MonotonicTime) -> Nanoseconds {
        Nanoseconds(later.nanoseconds &- earlier.nanoseconds)
    }
}

/// A span of time as one integer: what the socket thread adds and compares, where `Duration`'s 128 bits would cost.
package struct Nanoseconds: Sendable, Hashable, Comparable {
    package var count: Int64

    package init(_ count: Int64) { self.count = count }

    /// Saturates at about 292 years.
    package init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        count = overflow || carry ? (seconds < 0 ? .min : .max) : sum
    }

    package static func milliseconds(_ count: some BinaryInteger) -> Nanoseconds { Nanoseconds(Int64(count) * 1_000_000) }

    package var duration: Duration { .nanoseconds(count) }
    package var seconds: Double { Double(count) / 1e9 }

    package static func < (left: Nanoseconds, right: Nanoseconds) -> Bool { left.count < right.count }
}
