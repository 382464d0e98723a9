package import Transport
package import Wire

/// When a call is made again (PROTOCOL.md 7): only for methods that say they may be repeated, after failures that pass.
package struct RetryPolicy: Sendable, Hashable {
    /// Attempts in all, the first included: 1 to 10.
    package var maxAttempts = 4
    package var backoff: Backoff = {
        var backoff = Backoff()
        backoff.initial = .milliseconds(50)
        backoff.multiplier = 2
        backoff.maximum = .seconds(2)
        return backoff
    }()

    /// What a server may ask for at most.
    private static let longestWait = Nanoseconds(.seconds(60))

    package init() {}

    /// How long to wait before the next attempt; nil = give up.
    /// - Parameters:
    ///   - attempt: 1 after the first attempt failed.
    ///   - random: uniform in [0, 1).
    package func wait(after error: RPCError, attempt: Int, method: MethodInfo, random: Double) -> Nanoseconds? {
        guard method.idempotency.isRetryable, attempt < maxAttempts else { return nil }
        let asked = error.retryAfter
        switch error.code {
        case .unavailable: break
        case .resourceExhausted where asked != nil: break
        default: return nil
        }
        let least = asked.map { min(Nanoseconds($0), Self.longestWait) } ?? Nanoseconds(0)
        return max(backoff.wait(attempt: attempt - 1, random: random), least)
    }
}

/// Keeps the retries of a client a fraction of its calls, so that they cannot keep a struggling server down: gRPC's retry throttling
/// (proposal A6). Each failure that could be retried takes a token, each success gives a tenth back; retries need more than half.
package struct RetryThrottle: Sendable, Hashable {
    /// At the start.
    package static let maxTokens = 10.0
    static let refill = 0.1

    /// From 0 to `maxTokens`.
    package private(set) var tokens = maxTokens

    package init() {}

    /// A call that could have been retried succeeded.
    package mutating func succeeded() { tokens = min(Self.maxTokens, tokens + Self.refill) }

    /// - Returns: whether a retry is allowed.
    package mutating func failed() -> Bool {
        tokens = max(0, tokens - 1)
        return tokens > Self.maxTokens / 2
    }
}
