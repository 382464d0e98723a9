import RPC
import Testing

@Suite(.timeLimit(.minutes(1))) struct AdmissionQueueTests {
    final class Call {
        let number: Int
        var waits = false
        init(_ number: Int) { self.number = number }
    }

    @Test func `Calls run up to the first bound, wait up to the second, and are refused beyond`() {
        var queue = AdmissionQueue<Call>(maxRunning: 2, maxWaiting: 3)
        let outcomes = (0..<7).map { queue.admit(Call($0)) }
        #expect(outcomes == [.run, .run, .wait, .wait, .wait, .refuse, .refuse])
        #expect(queue.running == 2 && queue.waiting == 3)
    }

    @Test func `Without a queue what cannot run is refused`() {
        var queue = AdmissionQueue<Call>(maxRunning: 1, maxWaiting: 0)
        let outcomes = (0..<2).map { queue.admit(Call($0)) }
        #expect(outcomes == [.run, .refuse])
        let next = queue.finished(stillWaits: { $0.waits })
        #expect(next == nil && queue.running == 0)
    }

    @Test func `Calls that ended while they waited do not pile up behind a handler that never ends`() {
        var queue = AdmissionQueue<Call>(maxRunning: 1, maxWaiting: 10)
        _ = queue.admit(Call(0))
        for number in 1...10_000 {
            let call = Call(number)
            let admission = queue.admit(call)
            #expect(admission == .wait)
            call.waits = true
            call.waits = false
            queue.abandoned(stillWaits: { $0.waits })
        }
        #expect(queue.waiting == 0)
        let next = queue.finished(stillWaits: { $0.waits })
        #expect(next == nil && queue.running == 0)
    }

    /// Against a plain list: random arrivals, ends and abandonments.
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func `It agrees with a plain list`(seed: UInt64) {
        var random = TestRandom(seed: seed)
        let (maxRunning, maxWaiting) = (1 + random.below(3), random.below(5))
        var queue = AdmissionQueue<Call>(maxRunning: maxRunning, maxWaiting: maxWaiting)
        var running = 0
        var waiting: [Call] = []
        for number in 0..<2_000 {
            switch random.below(3) {
            case 0:
                let call = Call(number)
                let expected: AdmissionQueue<Call>.Admission =
                    running < maxRunning ? .run : waiting.count < maxWaiting ? .wait : .refuse
                let outcome = queue.admit(call)
                #expect(outcome == expected)
                if outcome == .run { running += 1 }
                if outcome == .wait {
                    call.waits = true
                    waiting.append(call)
                }
            case 1 where running > 0:
                let next = queue.finished(stillWaits: { $0.waits })
                #expect(next === waiting.first)
                if let next {
                    next.waits = false
                    waiting.removeFirst()
                } else {
                    running -= 1
                }
            case 2 where !waiting.isEmpty:
                let call = waiting.remove(at: random.below(waiting.count))
                call.waits = false
                queue.abandoned(stillWaits: { $0.waits })
            default: break
            }
            #expect(queue.running == running && queue.waiting == waiting.count)
        }
    }
}
