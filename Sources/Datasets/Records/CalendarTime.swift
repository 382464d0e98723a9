/// A moment in ISO 8601's extended form.
enum CalendarTime {
    /// Nil for what is not of the form, or no day of the calendar.
    static func milliseconds(of text: UnsafeRawBufferPointer) -> Int64? {
        var reader = DigitReader(text)
        guard let year = reader.digits(4), reader.take("-"), let month = reader.digits(2), reader.take("-"), let day = reader.digits(2),
            (1...12).contains(month), (1...daysOf(month, year)).contains(day)
        else { return nil }
        var milliseconds = Int64(daysSince1970(year, month, day)) * 86_400_000
        if reader.isAtEnd { return milliseconds }
        guard reader.take("T") || reader.take("t") || reader.take(" "), let hour = reader.digits(2), reader.take(":"),
            let minute = reader.digits(2), hour < 24, minute < 60
        else { return nil }
        milliseconds += Int64(hour * 60 + minute) * 60_000
        if reader.take(":") {
            // A leap second counts as the one after it.
            guard let second = reader.digits(2), second <= 60 else { return nil }
            milliseconds += Int64(second) * 1_000
            if reader.take(".") {
                guard let fraction = reader.fraction() else { return nil }
                milliseconds += Int64(fraction)
            }
        }
        if reader.isAtEnd || ((reader.take("Z") || reader.take("z")) && reader.isAtEnd) { return milliseconds }
        let isAhead = reader.take("+")
        guard isAhead || reader.take("-"), let hours = reader.digits(2), hours < 24 else { return nil }
        _ = reader.take(":")
        guard let minutes = reader.isAtEnd ? 0 : reader.digits(2), minutes < 60, reader.isAtEnd else { return nil }
        return milliseconds - Int64(hours * 60 + minutes) * (isAhead ? 60_000 : -60_000)
    }

    private static func daysOf(_ month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// By counting leap days up to the March before.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let marchYear = month > 2 ? year : year - 1, marchMonth = (month + 9) % 12
        let leapDays = marchYear / 4 - marchYear / 100 + marchYear / 400
        return marchYear * 365 + leapDays + (marchMonth * 153 + 2) / 5 + day - 719_469
    }
}

private struct DigitReader {
    private let text: UnsafeRawBufferPointer
    private var offset = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    var isAtEnd: Bool { offset == text.count }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard offset < text.count, text[offset] == UInt8(ascii: scalar) else { return false }
        offset += 1
        return true
    }

    private mutating func digit() -> Int? {
        guard offset < text.count, text[offset] &- UInt8(ascii: "0") < 10 else { return nil }
        defer { offset += 1 }
        return Int(text[offset] - UInt8(ascii: "0"))
    }

    mutating func digits(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Milliseconds of a second's digits behind the point; those after the third are dropped.
    mutating func fraction() -> Int? {
        guard var value = digit() else { return nil }
        var count = 1
        while let digit = digit() {
            if count < 3 { value = value * 10 + digit }
            count += 1
        }
        while count < 3 {
            value *= 10
            count += 1
        }
        return value
    }
}
