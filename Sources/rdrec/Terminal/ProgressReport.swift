/// How far a job is, as a line shows it.
package protocol ProgressReport: Sendable {
    /// As in `120 of 500, 12.5/s, 0:30 left`.
    var text: String { get }

    /// From 0 to 1; nil where the end is not known.
    var fraction: Double? { get }

    /// What falls or rises meanwhile, oldest first; empty where nothing does.
    var curve: [Double] { get }
}

extension ProgressReport {
    package var curve: [Double] { [] }

    /// `text` with a bar before it and between them the curve, where there is room: of `width` columns in all.
    package func bar(width: Int) -> String {
        var text = text, room = width - text.count - 3
        let blocks = sparkline(curve, columns: min(24, room - 11))
        if blocks.count > 1 {
            text = "\(blocks) \(text)"
            room -= blocks.count + 1
        }
        guard room >= 10, let fraction else { return text }
        let filled = Int(Double(room) * min(max(fraction, 0), 1))
        return "[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: room - filled))] \(text)"
    }

    /// As in `0:30` or `2:00:05`.
    static func clock(_ seconds: Double) -> String {
        let seconds = Int(min(seconds.rounded(.up), 1e9)), two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60)
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
    }
}
