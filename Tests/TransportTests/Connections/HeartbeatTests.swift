import Testing
import Transport

@Suite struct HeartbeatTests {
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)
    private let interval = Nanoseconds.milliseconds(100)

    private func ticks(_ heartbeat: inout Heartbeat, until end: Int, hearing: Set<Int> = []) -> [Int: Heartbeat.Action] {
        var actions: [Int: Heartbeat.Action] = [:]
        for millisecond in stride(from: 50, through: end, by: 50) {
            let now = start + .milliseconds(millisecond)
            if hearing.contains(millisecond) { heartbeat.received(now: now) }
            actions[millisecond] = heartbeat.tick(now: now)
        }
        return actions
    }

    @Test func silencePingsOnceAnIntervalAndThenIsDeath() {
        var heartbeat = Heartbeat(interval: interval, liveness: 3, now: start)
        let actions = ticks(&heartbeat, until: 300)
        #expect(actions == [50: .none, 100: .ping, 150: .none, 200: .ping, 250: .none, 300: .dead])
        #expect(heartbeat.missed == 2)
    }

    @Test func anyMessageIsASignOfLife() {
        var heartbeat = Heartbeat(interval: interval, liveness: 3, now: start)
        let actions = ticks(&heartbeat, until: 1_000, hearing: [50, 150, 250, 350, 450, 550, 650, 750, 850, 950])
        #expect(actions.values.allSatisfy { $0 == .none })
    }

    @Test func aPeerThatComesBackInTimeLives() {
        var heartbeat = Heartbeat(interval: interval, liveness: 3, now: start)
        let actions = ticks(&heartbeat, until: 500, hearing: [250])
        #expect(actions[300] == Heartbeat.Action.none)
        #expect(actions[350] == .ping)
        #expect(!actions.values.contains(.dead))
    }

    @Test func aProcessThatStoodStillCountsAnew() {
        var heartbeat = Heartbeat(interval: interval, liveness: 3, now: start)
        _ = heartbeat.tick(now: start + .milliseconds(50))
        // A minute in SIGSTOP: the peer may have spoken all the time.
        let awake = start + .milliseconds(60_000)
        let actions = [0, 50, 100, 200, 300].map { heartbeat.tick(now: awake + .milliseconds($0)) }
        #expect(actions == [.ping, .none, .ping, .ping, .dead])
    }
}
