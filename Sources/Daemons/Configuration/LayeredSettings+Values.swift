package import RPC

// Texts to values. Each error names the key and what it takes.
extension LayeredSettings {
    /// A whole number in `range`.
    package func integer(_ key: Key, _ range: ClosedRange<Int>, default fallback: Int) throws(ConfigurationError) -> Int {
        guard let text = self[key] else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw ConfigurationError("\(key.rawValue) is \(text); it takes a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A time in seconds, whole or not.
    package func seconds(_ key: Key, _ range: ClosedRange<Double>, default fallback: Double) throws(ConfigurationError) -> Duration {
        guard let text = self[key] else { return .seconds(fallback) }
        guard let number = Double(text), range.contains(number) else {
            throw ConfigurationError("\(key.rawValue) is \(text); it takes seconds from \(range.lowerBound) to \(range.upperBound)")
        }
        return .seconds(number)
    }

    /// Bytes, as in 1048576, 512MiB or 2GiB; at most 1TiB.
    package func bytes(_ key: Key, atLeast least: Int, default fallback: Int) throws(ConfigurationError) -> Int {
        guard let text = self[key] else { return fallback }
        let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)]
        let unit = units.first { text.hasSuffix($0.0) }
        let shift = unit?.1 ?? 0
        let digits = unit == nil ? text[...] : text.dropLast(3)
        guard let number = Int(digits), number >= 0, number <= (1 << 40) >> shift, number << shift >= least else {
            throw ConfigurationError("\(key.rawValue) is \(text); it takes bytes from \(least) to 1TiB, as in 1048576, 512MiB or 2GiB")
        }
        return number << shift
    }

    /// `true` or `false`; false where nothing is set.
    package func flag(_ key: Key) throws(ConfigurationError) -> Bool {
        switch self[key] {
        case "true": true
        case "false", nil: false
        case let text?: throw ConfigurationError("\(key.rawValue) is \(text); it takes true or false")
        }
    }
}
