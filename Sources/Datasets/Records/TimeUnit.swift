/// How a data set writes moments.
package enum TimeUnit: String, Sendable, Hashable, CaseIterable {
    /// Each by its look: text with a dash behind its first four digits is ISO 8601; a number of 100,000,000,000 or more is milliseconds
    /// (from 3 March 1973 on), a smaller one seconds (until the year 5138, far behind what is taken).
    case automatic = "auto"
    /// Since 1970 in UTC, with a fraction or without.
    case seconds = "s"
    case milliseconds = "ms"
    /// `2014-07-23`, `2014-07-23T10:00`, `2014-07-23 10:00:05.250+02:00`: UTC where no zone is told.
    case iso8601 = "iso"
}

/// Moments of records: 0, for one that is not known, or from 1970 to the end of the 21st century. What lies outside is a damaged file, or
/// another unit.
enum Timestamp {
    /// The last millisecond that is taken: 1 January 2100, 00:00 UTC.
    static let latest: Int64 = 4_102_444_800_000

    /// Milliseconds since 1970 in UTC.
    /// - Throws: `LineFault` that names the field and what it has.
    static func milliseconds(of field: RawField, _ unit: TimeUnit, name: String) throws(LineFault) -> Int64 {
        let text = field.bytes
        guard field.kind == .text || field.kind == .number else { throw LineFault("\(name) is not a time: \(field.found)") }
        let isText = unit == .iso8601 || (unit == .automatic && text.count > 4 && text[4] == UInt8(ascii: "-"))
        if isText {
            guard let milliseconds = CalendarTime.milliseconds(of: text) else {
                throw LineFault("\(name) is not a time as in 2014-07-23 or 2014-07-23T10:00:00Z: \(field.found)")
            }
            return try checked(milliseconds, field, name)
        }
        guard let number = DecimalNumber.value(of: text) else { throw LineFault("\(name) is not a time: \(field.found)") }
        let isSeconds = unit == .seconds || (unit == .automatic && number.magnitude < 1e11)
        guard let milliseconds = Int64(exactly: (isSeconds ? number * 1_000 : number).rounded()) else {
            throw outside(field, name)
        }
        return try checked(milliseconds, field, name)
    }

    private static func checked(_ milliseconds: Int64, _ field: RawField, _ name: String) throws(LineFault) -> Int64 {
        guard (0...latest).contains(milliseconds) else { throw outside(field, name) }
        return milliseconds
    }

    private static func outside(_ field: RawField, _ name: String) -> LineFault {
        LineFault("\(name) is not from 1970 to 2100-01-01: \(field.found)")
    }
}
