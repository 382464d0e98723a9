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

/// With so many places; `-` for nothing.
func decimal(_ value: Double?, _ places: Int) -> String {
    guard let value else { return "-" }
    var digits = String(Int((value * (0..<places).reduce(1.0) { power, _ in power * 10 }).rounded()))
    digits = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return places == 0 ? digits : "\(digits.dropLast(places)).\(digits.suffix(places))"
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

/// A moment in UTC, as in 2024-02-29 12:30:59; `-` for none. By Howard Hinnant's conversion of days to dates ("chrono-Compatible
/// Low-Level Date Algorithms").
/// - Parameter milliseconds: since 1970; 0 is none.
package func moment(_ milliseconds: Int64) -> String {
    guard milliseconds != 0 else { return "-" }
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    func floored(_ number: Int64, by divisor: Int64) -> Int64 { (number - (number % divisor + divisor) % divisor) / divisor }
    let seconds = floored(milliseconds, by: 1_000), days = floored(seconds, by: 86_400), ofDay = seconds - days * 86_400
    // Years begin in March, so that a leap day is their last; eras have 400 years.
    let shifted = days + 719_468, era = floored(shifted, by: 146_097), dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153, day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return "\(year)-\(two(month))-\(two(day)) \(two(ofDay / 3_600)):\(two(ofDay / 60 % 60)):\(two(ofDay % 60))"
}
