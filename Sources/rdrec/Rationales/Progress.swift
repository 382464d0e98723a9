/// How far a job is, how fast, and how long it will take. Pure: time is an argument.
package struct Progress: ProgressReport {
    private let total: Int
    /// Samples of the last `span`, oldest first: the rate is of now, not of an hour ago.
    private var samples: [(at: ContinuousClock.Instant, count: Int)]
    private static let span = Duration.seconds(30)

    package private(set) var count = 0

    /// - Parameter total: What `count` goes up to.
    package init(total: Int, start: ContinuousClock.Instant) {
        self.total = total
        samples = [(start, 0)]
    }

    package mutating func advance() { count += 1 }

    /// Takes a sample; to be called a few times a second at most.
    package mutating func sample(_ now: ContinuousClock.Instant) {
        samples.append((now, count))
        while samples.count > 2, now - samples[1].at >= Self.span { samples.removeFirst() }
    }

    /// Done a second; nil while nothing is known.
    package var rate: Double? {
        guard let first = samples.first, let last = samples.last, last.count > first.count else { return nil }
        return Double(last.count - first.count) / ((last.at - first.at) / .seconds(1))
    }

    /// As in `120 of 500, 12.5/s, 0:30 left`.
    package var text: String {
        var text = "\(count) of \(total)"
        if let rate {
            text += ", \(decimal(rate, 1))/s"
            if count < total { text += ", \(Self.clock(Double(total - count) / rate)) left" }
        }
        return text
    }

    package var fraction: Double? { total > 0 ? Double(count) / Double(total) : nil }
}
