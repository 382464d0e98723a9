import RPC
import Testing
import Transport
import Wire
import rdrec

@Suite struct ImportPartsTests {
    private let start = ContinuousClock.now

    @Test func `Progress is by bytes, the rate by records`() {
        var progress = ImportProgress(totalBytes: 1_000, start: start)
        #expect(progress.text == "0 records, 0 %")
        progress.sample(records: 500, bytes: 250, start + .seconds(10))
        #expect(progress.text == "500 records, 25 %, 50.0/s, 0:30 left")
        #expect(progress.bar(width: 60) == "[#####................] 500 records, 25 %, 50.0/s, 0:30 left")
        progress.sample(records: 5_000, bytes: 1_000, start + .seconds(20))
        #expect(progress.text == "5000 records, 100 %, 250/s")
        var endless = ImportProgress(totalBytes: nil, start: start)
        endless.sample(records: 7, bytes: 70, start + .seconds(1))
        #expect(endless.text == "7 records, 7.0/s" && endless.bar(width: 79) == endless.text)
    }

    @Test func `Patience ends when calls have failed for long enough without a success`() {
        var patience = Patience(.seconds(10)), now = start
        let lost = RPCError(.unavailable, "gone")
        for _ in 0..<10 {
            #expect(patience.wait(after: lost, now, random: 0).map { $0 <= .seconds(5) } == true && patience.isFailing)
            now += .seconds(0.9)
        }
        patience.succeeded()
        #expect(!patience.isFailing)
        let busy = RPCError.tryLater(.resourceExhausted, "busy", retryAfter: .seconds(3))
        #expect(patience.wait(after: busy, now, random: 0) == .seconds(3))
        #expect(patience.wait(after: .tryLater(.unavailable, "", retryAfter: .seconds(600)), now, random: 0) == .seconds(10))
        #expect(patience.wait(after: lost, now + .seconds(10), random: 0) == nil)
    }
}
