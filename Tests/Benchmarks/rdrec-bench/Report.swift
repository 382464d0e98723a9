import Foundation

/// Figures in the form of the benchmarks' contract: a table to read, and JSON, one object a line.
struct Report {
    struct Figure: Codable {
        var name: String
        var value: Double
        var unit: String
        /// `lower` or `higher`.
        var better: String
        /// The least that is asked for; nil for figures that explain others.
        var bar: Double?
    }

    private(set) var figures: [Figure] = []

    mutating func add(_ name: String, _ value: Double, unit: String, better: String, bar: Double? = nil) {
        figures.append(Figure(name: name, value: value, unit: unit, better: better, bar: bar))
    }

    func printTable() {
        let width = figures.map(\.name.count).max() ?? 0
        for figure in figures {
            let name = figure.name.padding(toLength: width, withPad: " ", startingAt: 0)
            let value = figure.value >= 1_000 ? String(format: "%.0f", figure.value) : String(format: "%.3f", figure.value)
            var line = "\(name)  \(value) \(figure.unit)"
            if let bar = figure.bar {
                let holds = figure.better == "lower" ? figure.value <= bar : figure.value >= bar
                line += "  (bar \(String(format: "%g", bar)): \(holds ? "met" : "missed"))"
            }
            print(line)
        }
    }

    func write(json path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = try figures.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }
}

extension [Double] {
    /// Of a sorted copy; `fraction` from 0 to 1.
    func percentile(_ fraction: Double) -> Double {
        let sorted = sorted()
        return sorted[Swift.min(sorted.count - 1, Int(Double(sorted.count) * fraction))]
    }

    var median: Double { percentile(0.5) }
}
