internal import Foundation
package import RPC

/// The texts that were set, each from the nearest of command line, environment and file.
package struct LayeredSettings: Sendable {
    package enum Source: String, Sendable {
        case commandLine = "command line"
        case environment
        case file
    }

    private var values: [TeacherKey: (text: String, source: Source)] = [:]

    /// - Parameters:
    ///   - commandLine: what was given; may name the file by `config`.
    ///   - environment: of the process; an empty variable counts as unset.
    /// - Throws: `ConfigurationError` for a file that cannot be read, or a line of it that sets nothing.
    package init(commandLine: [TeacherKey: String], environment: [String: String]) throws(ConfigurationError) {
        for key in TeacherKey.allCases {
            if let text = commandLine[key] {
                values[key] = (text, .commandLine)
            } else if let text = environment[key.variable], !text.isEmpty {
                values[key] = (text, .environment)
            }
        }
        guard let path = values[.config]?.text else { return }
        for (key, text) in try Self.file(path) where values[key] == nil { values[key] = (text, .file) }
    }

    package subscript(key: TeacherKey) -> String? { values[key]?.text }

    /// `key=value (source)` for everything that was set, in the order of the keys. Secrets are in files, of which this tells the path.
    package var description: String {
        TeacherKey.allCases.compactMap { key in values[key].map { "\(key.rawValue)=\($0.text) (\($0.source.rawValue))" } }
            .joined(separator: ", ")
    }

    private static func file(_ path: String) throws(ConfigurationError) -> [TeacherKey: String] {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw ConfigurationError("config: \(path) cannot be read as text: \(error.localizedDescription)")
        }
        var values: [TeacherKey: String] = [:]
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
            if content.isEmpty { continue }
            let parts = content.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            let place = "config: \(path), line \(number + 1)"
            guard parts.count == 2, !parts[1].isEmpty else { throw ConfigurationError("\(place): write key = value") }
            guard let key = TeacherKey(rawValue: parts[0]), key != .config else {
                throw ConfigurationError("\(place): there is no key \(parts[0])")
            }
            guard values[key] == nil else { throw ConfigurationError("\(place): \(parts[0]) is set twice") }
            values[key] = parts[1]
        }
        return values
    }
}

// Texts to values. Each error names the key and what it takes.
extension LayeredSettings {
    func integer(_ key: TeacherKey, _ range: ClosedRange<Int>, default fallback: Int) throws(ConfigurationError) -> Int {
        guard let text = self[key] else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw ConfigurationError("\(key.rawValue) is \(text); it takes a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func seconds(_ key: TeacherKey, _ range: ClosedRange<Double>, default fallback: Double) throws(ConfigurationError) -> Duration {
        guard let text = self[key] else { return .seconds(fallback) }
        guard let number = Double(text), range.contains(number) else {
            throw ConfigurationError("\(key.rawValue) is \(text); it takes seconds from \(range.lowerBound) to \(range.upperBound)")
        }
        return .seconds(number)
    }

    /// Bytes, as in 1048576, 512MiB or 2GiB; at most 1TiB.
    func bytes(_ key: TeacherKey, atLeast least: Int, default fallback: Int) throws(ConfigurationError) -> Int {
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

    func flag(_ key: TeacherKey) throws(ConfigurationError) -> Bool {
        switch self[key] {
        case "true": true
        case "false", nil: false
        case let text?: throw ConfigurationError("\(key.rawValue) is \(text); it takes true or false")
        }
    }
}
