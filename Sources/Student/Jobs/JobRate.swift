/// How fast a job is now. Pure: time is an argument.
struct JobRate: Sendable {
    /// Of the last `span`, oldest first: the rate is of now, not of an hour ago.
    private var samples: [(at: ContinuousClock.Instant, done: Int)] = []
    private static let span = Duration.seconds(30)

    mutating func sample(_ done: Int, _ now: ContinuousClock.Instant) {
        samples.append((now, done))
        while samples.count > 2, now - samples[1].at >= Self.span { samples.removeFirst() }
    }

    /// Done a second; 0 while nothing is known.
    var perSecond: Double {
        guard let first = samples.first, let last = samples.last, last.done > first.done, last.at > first.at else { return 0 }
        return Double(last.done - first.done) / ((last.at - first.at) / .seconds(1))
    }
}
