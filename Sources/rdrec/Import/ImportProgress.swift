import Synchronization

/// How far an import is: by the bytes of its files that lie behind the records sent, as the records themselves have not been counted.
package struct ImportProgress: ProgressReport {
    /// Compressed as they are; nil where a file does not say.
    private let totalBytes: Int?
    private(set) var records = 0
    private var bytes = 0
    /// Of the last `span`, oldest first.
    private var samples: [(at: ContinuousClock.Instant, records: Int, bytes: Int)]
    private static let span = Duration.seconds(30)

    package init(totalBytes: Int?, start: ContinuousClock.Instant) {
        self.totalBytes = totalBytes
        samples = [(start, 0, 0)]
    }

    /// - Parameters:
    ///   - records: Sent so far.
    ///   - bytes: Of the files, read for them.
    package mutating func sample(records: Int, bytes: Int, _ now: ContinuousClock.Instant) {
        (self.records, self.bytes) = (records, bytes)
        samples.append((now, records, bytes))
        while samples.count > 2, now - samples[1].at >= Self.span { samples.removeFirst() }
    }

    private func rate(of quantity: (Int, Int) -> Int) -> Double? {
        guard let first = samples.first, let last = samples.last else { return nil }
        let gained = quantity(last.records, last.bytes) - quantity(first.records, first.bytes)
        return gained > 0 ? Double(gained) / ((last.at - first.at) / .seconds(1)) : nil
    }

    package var fraction: Double? { totalBytes.map { $0 > 0 ? Double(bytes) / Double($0) : 1 } }

    /// As in `40000 records, 31 %, 52000/s, 0:30 left`.
    package var text: String {
        var text = "\(records) records"
        if let fraction { text += ", \(Int(fraction * 100)) %" }
        if let rate = rate(of: { records, _ in records }) { text += ", \(rate < 100 ? decimal(rate, 1) : "\(Int(rate))")/s" }
        if let totalBytes, bytes < totalBytes, let rate = rate(of: { _, bytes in bytes }) {
            text += ", \(Self.clock(Double(totalBytes - bytes) / rate)) left"
        }
        return text
    }
}

/// Records of a call that were sent: counted by the one who sends, read by the one who shows.
final class SentCount: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }
    func set(_ value: Int) { count.store(value, ordering: .relaxed) }
}
