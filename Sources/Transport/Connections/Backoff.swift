/// Waits between attempts to connect: exponential, capped, with jitter so that a thousand clients of a restarted server do not come
/// back at once.
package struct Backoff: Sendable, Hashable {
    package var initial: Duration = .milliseconds(100)
    package var multiplier = 1.6
    package var maximum: Duration = .seconds(10)

    package init() {}

    /// - Parameters:
    ///   - attempt: 0 for the wait after the first failure.
    ///   - random: uniform in [0, 1).
    /// - Returns: between half of and the whole of `min(initial * multiplier^attempt, maximum)`.
    package func wait(attempt: Int, random: Double) -> Nanoseconds {
        var span = Nanoseconds(initial).seconds
        let cap = Nanoseconds(maximum).seconds
        // Ends at the cap, whatever the count.
        var left = attempt
        while left > 0, span < cap {
            span *= multiplier
            left -= 1
        }
        span = min(span, cap)
        return Nanoseconds(Int64(span * (0.5 + 0.5 * random) * 1e9))
    }
}
