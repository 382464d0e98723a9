package import RPC
import Transport

/// How long calls that fail are made again while none succeeds. Pure: time is an argument.
package struct Patience: Sendable {
    private let limit: Duration
    private var backoff = Backoff()
    /// Since when calls have failed without a success between them.
    private var failingSince: ContinuousClock.Instant?
    private var failedCalls = 0

    package init(_ limit: Duration) {
        self.limit = limit
        backoff.maximum = .seconds(5)
    }

    package var isFailing: Bool { failingSince != nil }

    package mutating func succeeded() {
        failingSince = nil
        failedCalls = 0
    }

    /// How long to wait before the next call, at least as long as the server asks for; nil when it has been too long.
    /// - Parameter random: Uniform in [0, 1).
    package mutating func wait(after error: RPCError, _ now: ContinuousClock.Instant, random: Double) -> Duration? {
        let since = failingSince ?? now
        failingSince = since
        guard now - since < limit else { return nil }
        let wait = backoff.wait(attempt: failedCalls, random: random).duration
        failedCalls += 1
        return max(wait, min(error.retryAfter ?? .zero, limit))
    }
}
