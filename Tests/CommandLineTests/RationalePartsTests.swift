import RPC
import RationaleStreams
import Testing
import Transport
import Wire
import rdrec

@Suite struct RationalePartsTests {
    private let start = ContinuousClock.now
    private let mostAttempts = 6

    private func error(_ id: String, _ status: StatusCode) -> GenerateRationaleResponse {
        GenerateRationaleResponse(outcome: .error(ItemError(reviewID: id, status: status.rawValue)))
    }

    @Test func `A backlog takes outcomes of what is out only, and each once`() {
        var backlog = Backlog(window: 2, mostAttempts: mostAttempts)
        backlog.send(Review(reviewID: "a"))
        #expect(backlog.hasRoom)
        backlog.send(Review(reviewID: "b"))
        #expect(!backlog.hasRoom && !backlog.isEmpty)
        let written = GenerateRationaleResponse(outcome: .rationale(Rationale(reviewID: "a")))
        #expect(backlog.settle(written, start, random: 0) == .written(Rationale(reviewID: "a")))
        #expect(backlog.settle(written, start, random: 0) == .unasked)
        #expect(backlog.settle(GenerateRationaleResponse(), start, random: 0) == .unasked)
        #expect(backlog.settle(error("b", .internal), start, random: 0) == .failed(ItemError(reviewID: "b", status: 13)))
        #expect(backlog.isEmpty)
    }

    @Test func `A passing failure is sent again later, up to the last attempt`() {
        var backlog = Backlog(window: 1, mostAttempts: mostAttempts), now = start
        backlog.send(Review(reviewID: "a"))
        for attempt in 1..<mostAttempts {
            #expect(backlog.settle(error("a", .unavailable), now, random: 1) == .again, "\(attempt)")
            #expect(backlog.resend(now) == nil && backlog.hasWaiting)
            now += .seconds(10)
            #expect(backlog.resend(now)?.reviewID == "a" && !backlog.hasRoom)
        }
        #expect(backlog.settle(error("a", .unavailable), now, random: 1) == .failed(ItemError(reviewID: "a", status: 14)))
        #expect(backlog.isEmpty)
    }

    @Test func `What was out when a call ended is sent again, and counts where the server had been there`() {
        var backlog = Backlog(window: 2, mostAttempts: mostAttempts)
        let lost = RPCError(.unavailable, "gone")
        backlog.send(Review(reviewID: "a"))
        for _ in 0..<100 {
            #expect(backlog.callEnded(lost, counts: false, start).isEmpty)
            #expect(backlog.resend(start)?.reviewID == "a")
        }
        for _ in 1..<mostAttempts {
            #expect(backlog.callEnded(lost, counts: true, start).isEmpty)
            #expect(backlog.resend(start)?.reviewID == "a")
        }
        #expect(backlog.callEnded(lost, counts: true, start) == [ItemError(reviewID: "a", status: 14, message: "gone")])
        #expect(backlog.isEmpty)
    }

    @Test func `Progress tells count, rate and time left`() {
        var progress = Progress(total: 300, start: start)
        progress.sample(start)
        #expect(progress.text == "0 of 300" && progress.rate == nil)
        for _ in 0..<25 { progress.advance() }
        progress.sample(start + .seconds(10))
        #expect(progress.text == "25 of 300, 2.5/s, 1:50 left")
        #expect(progress.bar(width: 50) == "[#...................] 25 of 300, 2.5/s, 1:50 left")
        #expect(progress.bar(width: 20) == progress.text)
        // What was long ago has no part in the rate.
        for second in 11...60 {
            progress.advance()
            progress.sample(start + .seconds(second))
        }
        #expect(progress.text == "75 of 300, 1.0/s, 3:45 left")
        for _ in 0..<225 { progress.advance() }
        #expect(progress.text == "300 of 300, 1.0/s")
        #expect(Progress(total: 0, start: start).bar(width: 79) == "0 of 0")
    }

    @Test func `A review names itself by user, item and time`() {
        func name(_ review: Review) -> String? {
            var review = review
            return review.nameItself() ? review.reviewID : nil
        }
        #expect(name(Review(reviewID: "mine", userID: "u", itemID: "i")) == "mine")
        #expect(name(Review(userID: "u", itemID: "i", timestampMs: -3)) == "u|i|-3")
        #expect(name(Review(userID: "u")) == nil)
    }
}
