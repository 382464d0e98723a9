import RPC
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(1))) struct RetryPolicyTests {
    private func method(_ idempotency: Idempotency) -> MethodInfo {
        MethodInfo(service: "s", name: "m", kind: .unary, idempotency: idempotency, requestType: "", responseType: "")
    }

    @Test(arguments: StatusCode.allCases, [Idempotency.unknown, .noSideEffects, .idempotent])
    func `Only what passes by itself is tried again, and only where that does no harm`(code: StatusCode, idempotency: Idempotency) {
        let policy = RetryPolicy()
        let plain = policy.wait(after: RPCError(code, ""), attempt: 1, method: method(idempotency), random: 0)
        #expect((plain != nil) == (idempotency.isRetryable && code == .unavailable))
        let asked = RPCError.tryLater(code, "", retryAfter: .milliseconds(10))
        let later = policy.wait(after: asked, attempt: 1, method: method(idempotency), random: 0)
        #expect((later != nil) == (idempotency.isRetryable && (code == .unavailable || code == .resourceExhausted)))
    }

    @Test func `There are as many attempts as the policy says`() {
        var policy = RetryPolicy()
        policy.maxAttempts = 3
        let waits = (1...5).map {
            policy.wait(after: RPCError(.unavailable, ""), attempt: $0, method: method(.idempotent), random: 0) != nil
        }
        #expect(waits == [true, true, false, false, false])
    }

    @Test func `The wait is never shorter than the server asks for`() throws {
        let policy = RetryPolicy()
        let asked = RPCError.tryLater(.unavailable, "", retryAfter: .milliseconds(750))
        let wait = try #require(policy.wait(after: asked, attempt: 1, method: method(.idempotent), random: 0.9))
        #expect(wait == .milliseconds(750))
        let short = RPCError.tryLater(.unavailable, "", retryAfter: .milliseconds(1))
        let own = try #require(policy.wait(after: short, attempt: 1, method: method(.idempotent), random: 0))
        #expect(own == .milliseconds(25), "half of the first step")
    }

    @Test func `Retries stop when more than half of the tokens are used, and come back with successes`() {
        var throttle = RetryThrottle()
        let allowed = (0..<8).map { _ in throttle.failed() }
        #expect(allowed == [true, true, true, true, false, false, false, false])
        #expect(throttle.tokens == 2)
        for _ in 0..<20 { _ = throttle.failed() }
        #expect(throttle.tokens == 0)
        // Seven tokens: one failure takes one, and six are more than half.
        for _ in 0..<71 { throttle.succeeded() }
        let again = throttle.failed()
        #expect(again)
        for _ in 0..<1_000 { throttle.succeeded() }
        #expect(throttle.tokens == RetryThrottle.maxTokens)
    }
}
