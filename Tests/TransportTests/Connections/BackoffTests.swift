import Testing
import Transport

@Suite struct BackoffTests {
    /// PROTOCOL.md 6.3: between half of and the whole of min(100 ms · 1.6^n, 10 s).
    @Test(arguments: 0...40) func `The wait lies between half of the span and the whole of it`(attempt: Int) {
        var span = 0.1
        for _ in 0..<attempt { span *= 1.6 }
        span = min(span, 10)
        let backoff = Backoff()
        for random in [0, 0.25, 0.5, 0.999_999] {
            let wait = backoff.wait(attempt: attempt, random: random).seconds
            #expect(wait >= span * 0.5 - 1e-6 && wait <= span + 1e-6)
            #expect(abs(wait - span * (0.5 + 0.5 * random)) < 1e-6)
        }
    }

    @Test func `A count of attempts that no process reaches is still capped`() {
        #expect(Backoff().wait(attempt: 1_000_000_000, random: 0.999) <= Nanoseconds(.seconds(10)))
    }
}
