/// How far something is that somebody else counts.
package struct Gauge: ProgressReport {
    package enum Unit: Sendable {
        case items
        case bytes
    }

    private let done: Int
    private let total: Int
    private let rate: Double?
    private let remaining: Double?
    private let unit: Unit

    /// - Parameters:
    ///   - rate: Done a second; nil while nothing is known.
    ///   - remaining: Seconds until the end, where somebody knows better than the rate tells.
    package init(done: Int, total: Int, rate: Double?, remaining: Double? = nil, unit: Unit = .items) {
        self.done = done
        self.total = total
        self.rate = rate
        self.remaining = remaining
        self.unit = unit
    }

    /// As in `120 of 500, 12.5/s, 0:30 left`.
    package var text: String {
        var text = "\(counted(done)) of \(counted(total))"
        if let rate {
            text += unit == .items ? ", \(decimal(rate, 1))/s" : ", \(byteCount(UInt64(max(0, rate))))/s"
            if done < total { text += ", \(Self.clock(remaining ?? Double(total - done) / rate)) left" }
        }
        return text
    }

    private func counted(_ count: Int) -> String { unit == .items ? "\(count)" : byteCount(UInt64(max(0, count))) }

    package var fraction: Double? { total > 0 ? Double(done) / Double(total) : nil }
}
