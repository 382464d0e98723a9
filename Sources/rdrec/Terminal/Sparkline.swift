/// A curve as a line of blocks, lowest to highest; values beside each other share a block where there are more of them than columns. What is
/// no number is left out.
package func sparkline(_ values: [Double], columns: Int) -> String {
    let values = values.filter(\.isFinite)
    guard columns > 0, let least = values.min(), let most = values.max() else { return "" }
    let blocks = Array("▁▂▃▄▅▆▇█"), count = min(columns, values.count)
    return String(
        (0..<count).map { column in
            let part = values[values.count * column / count..<values.count * (column + 1) / count]
            let mean = part.reduce(0) { $0 + $1 / Double(part.count) }
            guard most > least else { return blocks[0] }
            // Halved, so that no difference of two numbers is beyond all numbers.
            let height = (mean / 2 - least / 2) / (most / 2 - least / 2)
            return blocks[min(blocks.count - 1, max(0, Int(height * Double(blocks.count))))]
        })
}
