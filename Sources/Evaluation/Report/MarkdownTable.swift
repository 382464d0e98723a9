internal import Foundation

/// A table in GitHub's Markdown, its columns padded so that it reads as text too. The first column is of words, the others of figures.
struct MarkdownTable {
    private var rows: [[String]]

    init(header: [String]) { rows = [header.map(Self.escaped)] }

    /// - Parameter cells: as many as the header has.
    mutating func add(_ cells: [String]) { rows.append(cells.map(Self.escaped)) }

    var text: String {
        let widths = rows[0].indices.map { column in max(3, rows.map { $0[column].count }.max() ?? 0) }
        var lines = rows.map { row in
            "| " + zip(row, widths).enumerated().map { Self.padded($1.0, $1.1, isFigure: $0 > 0) }.joined(separator: " | ") + " |"
        }
        let rule = widths.enumerated().map { $0 == 0 ? String(repeating: "-", count: $1) : String(repeating: "-", count: $1 - 1) + ":" }
        lines.insert("| " + rule.joined(separator: " | ") + " |", at: 1)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func padded(_ text: String, _ width: Int, isFigure: Bool) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return isFigure ? blanks + text : text + blanks
    }

    private static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "|", with: "\\|").replacingOccurrences(of: "\n", with: " ")
    }

    /// "0.0826", and "0.0826 ± 0.0073" with its standard error.
    static func figure(_ estimate: Estimate?) -> String {
        guard let estimate else { return "–" }
        return figure(estimate.mean) + (estimate.standardError.map { " ± " + figure($0) } ?? "")
    }

    static func figure(_ value: Double, decimals: Int = 4) -> String { String(format: "%.\(decimals)f", value) }
}
