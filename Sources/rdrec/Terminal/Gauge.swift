/// How far something is, in words and as a bar.
package struct Gauge: Sendable {
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

    /// `text` with a bar before it, of `width` columns in all.
    package func bar(width: Int) -> String {
        let text = text, room = width - text.count - 3
        guard room >= 10, total > 0 else { return text }
        let filled = Int(Double(room) * Double(min(done, total)) / Double(total))
        return "[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: room - filled))] \(text)"
    }

    private static func clock(_ seconds: Double) -> String {
        let seconds = Int(min(seconds.rounded(.up), 1e9)), two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60)
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
    }
}
