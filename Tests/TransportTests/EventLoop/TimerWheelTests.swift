import Testing
import Transport

@Suite struct TimerWheelTests {
    final class Target: TimerTarget {
        var fired: [UInt64] = []
        func timerFired(token: UInt64, now: MonotonicTime) { fired.append(token) }
    }

    private func fire(_ wheel: inout TimerWheel, at now: MonotonicTime) -> [UInt64] {
        var due: [(target: any TimerTarget, token: UInt64)] = []
        wheel.takeDue(now: now, into: &due)
        return due.map(\.token).sorted()
    }

    private let start = MonotonicTime(nanoseconds: 5_000_000_123)

    @Test func firesAtItsTimeAndNotBefore() {
        var wheel = TimerWheel(now: start)
        let target = Target()
        _ = wheel.schedule(at: start + .milliseconds(10), target, token: 7)
        #expect(fire(&wheel, at: start + .milliseconds(9)).isEmpty)
        #expect(fire(&wheel, at: start + Nanoseconds(9_999_999)).isEmpty)
        #expect(fire(&wheel, at: start + .milliseconds(11)) == [7])
        #expect(wheel.count == 0)
    }

    @Test func aTimeInThePastFiresAtOnce() {
        var wheel = TimerWheel(now: start)
        _ = wheel.schedule(at: MonotonicTime(nanoseconds: 0), Target(), token: 1)
        #expect(wheel.timeToNext(from: start) == Nanoseconds(0))
        #expect(fire(&wheel, at: start) == [1])
    }

    @Test func theLastMomentOfTheClockCanBeScheduled() {
        var wheel = TimerWheel(now: start)
        let timer = wheel.schedule(at: .distantFuture, Target(), token: 1)
        #expect(fire(&wheel, at: start + .milliseconds(100_000)).isEmpty)
        wheel.cancel(timer)
        #expect(wheel.count == 0)
        #expect(wheel.timeToNext(from: start) == nil)
    }

    @Test func cancellingTwiceOrAfterFiringHarmsNoOtherTimer() {
        var wheel = TimerWheel(now: start)
        let first = wheel.schedule(at: start + .milliseconds(1), Target(), token: 1)
        wheel.cancel(first)
        wheel.cancel(first)
        let second = wheel.schedule(at: start + .milliseconds(1), Target(), token: 2)
        wheel.cancel(first)
        #expect(fire(&wheel, at: start + .milliseconds(3)) == [2])
        wheel.cancel(second)
        #expect(wheel.count == 0)
    }

    /// Against a plain list: random timers, some cancelled, time moving by random steps that include sleeps of several turns of the wheel.
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func agreesWithAPlainList(seed: UInt64) {
        var random = SplitMix(state: seed)
        var wheel = TimerWheel(now: start)
        var list: [UInt64: (due: MonotonicTime, id: TimerID)] = [:]
        var now = start
        let target = Target()
        for token in 0..<3_000 as Range<UInt64> {
            switch random.next() % 4 {
            case 0, 1:
                let span = Int64(random.next() % 20_000_000_000)
                let due = now + Nanoseconds(random.next() % 3 == 0 ? span : span / 1_000)
                list[token] = (due, wheel.schedule(at: due, target, token: token))
            case 2:
                if let victim = list.keys.min() {
                    wheel.cancel(list[victim]!.id)
                    list[victim] = nil
                }
            default:
                // The wheel must never sleep past a timer.
                let wait = wheel.timeToNext(from: now)
                if let nearest = list.values.map(\.due).min() { #expect(now + wait! <= nearest + .milliseconds(1)) }
                now = now + Nanoseconds(Int64(random.next() % (random.next() % 50 == 0 ? 9_000_000_000 : 30_000_000)))
                let fired = fire(&wheel, at: now)
                let late = list.filter { $0.value.due + .milliseconds(1) <= now }.keys
                #expect(Set(late).isSubset(of: fired))
                for token in fired {
                    #expect(list[token]!.due <= now)
                    list[token] = nil
                }
                #expect(wheel.count == list.count)
            }
        }
    }
}

/// Steele, Lea and Flood's SplitMix64: small, seeded, the same everywhere.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
