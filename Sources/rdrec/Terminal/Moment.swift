/// A moment as messages have it, milliseconds since 1970, for people: in UTC.
package enum Moment {
    private static let daySeconds: Int64 = 86_400

    /// As in 2024-02-29 12:30:59; `-` for 0, which stands for none.
    package static func text(_ milliseconds: Int64) -> String {
        guard milliseconds != 0 else { return "-" }
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let seconds = floored(milliseconds, by: 1_000), days = floored(seconds, by: daySeconds), ofDay = seconds - days * daySeconds
        let (year, month, day) = date(days)
        return "\(year)-\(two(month))-\(two(day)) \(two(ofDay / 3_600)):\(two(ofDay / 60 % 60)):\(two(ofDay % 60))"
    }

    /// Of `2024-02-29`, which is its beginning, `2024-02-29T12:30:59` (a space or a Z too), or a number of milliseconds; nil for what is
    /// none of them.
    package static func milliseconds(_ text: String) -> Int64? {
        if let number = Int64(text) { return number }
        let parts = text.split(maxSplits: 1, whereSeparator: { $0 == "T" || $0 == " " })
        guard let date = parts.first, let days = days(date) else { return nil }
        guard parts.count == 2 else { return text.count == 10 ? days * daySeconds * 1_000 : nil }
        let time = parts[1].hasSuffix("Z") ? parts[1].dropLast() : parts[1]
        guard let numbers = numbers(time, separator: ":", digits: [2, 2, 2]), numbers[0] < 24, numbers[1] < 60, numbers[2] < 60 else {
            return nil
        }
        return (days * daySeconds + numbers[0] * 3_600 + numbers[1] * 60 + numbers[2]) * 1_000
    }

    private static func days(_ text: Substring) -> Int64? {
        guard let numbers = numbers(text, separator: "-", digits: [4, 2, 2]) else { return nil }
        let days = days(numbers[0], numbers[1], numbers[2])
        // There is no 30 February.
        return date(days) == (numbers[0], numbers[1], numbers[2]) ? days : nil
    }

    private static func numbers(_ text: Substring, separator: Character, digits: [Int]) -> [Int64]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.map(\.count) == digits, parts.allSatisfy({ $0.allSatisfy { ("0"..."9").contains($0) } }) else { return nil }
        return parts.compactMap { Int64($0) }
    }

    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". Years begin in March, so that a leap day is their last; an era has
    // 400 of them and always the same number of days.

    private static let eraDays: Int64 = 146_097
    /// From 1 March of the year 0 to 1970.
    private static let epochDays: Int64 = 719_468

    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let era = floored(days + epochDays, by: eraDays), ofEra = days + epochDays - era * eraDays
        let year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100), month = (5 * ofYear + 2) / 153
        return (
            year + era * 400 + (month < 10 ? 0 : 1), month < 10 ? month + 3 : month - 9, ofYear - (153 * month + 2) / 5 + 1
        )
    }

    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year, era = floored(year, by: 400), ofEra = year - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * eraDays + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - epochDays
    }

    private static func floored(_ number: Int64, by divisor: Int64) -> Int64 {
        (number - (number % divisor + divisor) % divisor) / divisor
    }
}
