import Foundation

/// What trials have measured, in words.
enum TrialFigures {
    static func line(_ metrics: [String: Double]) -> String {
        metrics.sorted { $0.key < $1.key }.map { "\($0.key) \(String(format: "%.4f", $0.value))" }.joined(separator: "  ")
    }

    static func mean(_ results: [[String: Double]]) -> [String: Double] {
        var means: [String: Double] = [:]
        for name in Set(results.flatMap(\.keys)) {
            let values = results.compactMap { $0[name] }, mean = values.reduce(0, +) / Double(values.count)
            means[name] = mean
            if values.count > 1 {
                means["\(name) ±"] = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
            }
        }
        return means
    }
}
