import RPC
import RationaleStreams
import Testing
import Transport
import Wire

@Suite struct BacklogTests {
    private let start = ContinuousClock.now
    private let lost = RPCError(.unavailable, "gone")

    private func rationale(_ id: String) -> GenerateRationaleResponse {
        GenerateRationaleResponse(outcome: .rationale(Rationale(reviewID: id)))
    }

    @Test("Two lost calls make suspects, each of which is then alone on its stream; the innocent are never given up")
    func isolation() {
        var backlog = Backlog(window: 8, mostAttempts: 3), asked: [String: Int] = [:], failed: [ItemError] = []
        for id in ["a", "b", "poison", "c"] { backlog.send(Review(reviewID: id)) }
        for id in ["a", "b", "poison", "c"] { asked[id, default: 0] += 1 }
        failed += backlog.callEnded(lost, counts: true, start)
        while !backlog.isEmpty {
            var out: [String] = []
            while let review = backlog.resend(start) { out.append(review.reviewID) }
            for id in out { asked[id, default: 0] += 1 }
            if out.contains("poison") {
                failed += backlog.callEnded(lost, counts: true, start)
            } else {
                for id in out { #expect(backlog.settle(rationale(id), start, random: 0) == .written(Rationale(reviewID: id))) }
            }
        }
        #expect(failed.map(\.reviewID) == ["poison"])
        #expect(asked == ["a": 3, "b": 3, "c": 3, "poison": 5])
    }

    @Test("Streams have windows of their own, and one that is lost gives its reviews to the others")
    func streams() {
        var backlog = Backlog(window: 2, mostAttempts: 3)
        for id in ["a", "b"] { backlog.send(Review(reviewID: id), on: 0) }
        #expect(!backlog.hasRoom(on: 0) && backlog.hasRoom(on: 1))
        backlog.send(Review(reviewID: "c"), on: 1)
        #expect(backlog.callEnded(lost, on: 0, counts: false, start).isEmpty)
        #expect(backlog.resend(start, on: 1)?.reviewID == "a")
        #expect(backlog.resend(start, on: 1) == nil, "its window is full")
        #expect(backlog.settle(rationale("c"), on: 0, start, random: 0) == .unasked, "it is at the other")
        #expect(backlog.settle(rationale("c"), on: 1, start, random: 0) == .written(Rationale(reviewID: "c")))
        #expect(backlog.resend(start, on: 1)?.reviewID == "b")
        #expect(backlog.outCount == 2)
    }

    @Test("Random events: each review has exactly one outcome in the end")
    func property() {
        for seed in 0..<200 {
            var random = SeededRandom(state: UInt64(seed))
            var backlog = Backlog(window: Int.random(in: 1...6, using: &random), mostAttempts: 3)
            var now = start, fresh = (0..<20).map { "r\($0)" }, out: [String: Int] = [:], ended: [String: Int] = [:]
            while !(fresh.isEmpty && backlog.isEmpty) {
                now += .milliseconds(500)
                let stream = Int.random(in: 0..<3, using: &random)
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<4:
                    if let review = backlog.resend(now, on: stream) {
                        out[review.reviewID] = stream
                    } else if backlog.hasRoom(on: stream), let id = fresh.popLast() {
                        backlog.send(Review(reviewID: id), on: stream)
                        out[id] = stream
                    }
                case 4..<9:
                    guard let id = out.keys.sorted().randomElement(using: &random), let stream = out[id] else { continue }
                    out[id] = nil
                    let fails = Int.random(in: 0..<3, using: &random) == 0
                    let error = ItemError(reviewID: id, status: StatusCode.unavailable.rawValue)
                    let response = fails ? GenerateRationaleResponse(outcome: .error(error)) : rationale(id)
                    switch backlog.settle(response, on: stream, now, random: 0.5) {
                    case .written, .failed: ended[id, default: 0] += 1
                    case .again: #expect(fails)
                    case .unasked: Issue.record("\(id) was out")
                    }
                    #expect(backlog.settle(response, on: stream, now, random: 0.5) == .unasked)
                default:
                    for error in backlog.callEnded(lost, on: stream, counts: Bool.random(using: &random), now) {
                        ended[error.reviewID, default: 0] += 1
                    }
                    out = out.filter { $0.value != stream }
                }
                #expect(backlog.outCount == out.count)
            }
            #expect(ended.count == 20 && ended.values.allSatisfy { $0 == 1 }, "seed \(seed): \(ended)")
        }
    }
}

/// SplitMix64: the same events for the same seed.
private struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
