/// As in 1,234,567.
package func thousands(_ number: some BinaryInteger) -> String {
    let digits = Array("\(number.magnitude)")
    var text = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
        text.append(digit)
    }
    return text
}

/// With so many places; `-` for nothing and for what is no number.
package func decimal(_ value: Double?, _ places: Int) -> String {
    guard let value, value.isFinite else { return "-" }
    let scaled = (value.magnitude * (0..<places).reduce(1.0) { power, _ in power * 10 }).rounded()
    guard scaled < 1e18 else { return "\(value)" }
    var digits = String(Int(scaled))
    digits = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return sign + (places == 0 ? digits : "\(digits.dropLast(places)).\(digits.suffix(places))")
}

/// As in 12.5 MiB.
package func byteCount(_ count: UInt64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"]
    guard count >= 1_024 else { return "\(count) bytes" }
    var value = Double(count) / 1_024, unit = 0
    while value >= 1_023.95, unit < units.count - 1 {
        value /= 1_024
        unit += 1
    }
    return "\(decimal(value, 1)) \(units[unit])"
}

/// Rows with their columns aligned: the first to the left, and of the others those that `right` names to the right.
package func aligned(_ rows: [[String]], right: Set<Int> = []) -> [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
        var line = ""
        for (column, cell) in row.enumerated() {
            let room = String(repeating: " ", count: widths[column] - cell.count)
            line += (column == 0 ? "" : "  ") + (right.contains(column) ? room + cell : cell + room)
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
