internal import Foundation
package import RPC

/// The texts that were set, each from the nearest of command line, environment and file.
package struct LayeredSettings<Key: SettingKey>: Sendable {
    private var values: [Key: (text: String, source: SettingSource)] = [:]

    /// - Parameters:
    ///   - commandLine: what was given; may name the file by `config`.
    ///   - environment: of the process; an empty variable counts as unset.
    /// - Throws: `ConfigurationError` for a file that cannot be read, or a line of it that sets nothing.
    package init(commandLine: [Key: String], environment: [String: String]) throws(ConfigurationError) {
        for key in Key.allCases {
            if let text = commandLine[key] {
                values[key] = (text, .commandLine)
            } else if let text = environment[key.variable], !text.isEmpty {
                values[key] = (text, .environment)
            }
        }
        guard let path = values[.config]?.text else { return }
        for (key, text) in try Self.file(path) where values[key] == nil { values[key] = (text, .file) }
    }

    package subscript(key: Key) -> String? { values[key]?.text }

    /// `key=value (source)` for everything that was set, in the order of the keys. Secrets are in files, of which this tells the path.
    package var description: String {
        Key.allCases.compactMap { key in values[key].map { "\(key.rawValue)=\($0.text) (\($0.source.rawValue))" } }
            .joined(separator: ", ")
    }

    private static func file(_ path: String) throws(ConfigurationError) -> [Key: String] {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw ConfigurationError("config: \(path) cannot be read as text: \(error.localizedDescription)")
        }
        var values: [Key: String] = [:]
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
            if content.isEmpty { continue }
            let parts = content.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            let place = "config: \(path), line \(number + 1)"
            guard parts.count == 2, !parts[1].isEmpty else { throw ConfigurationError("\(place): write key = value") }
            guard let key = Key(rawValue: parts[0]), key != .config else {
                throw ConfigurationError("\(place): there is no key \(parts[0])")
            }
            guard values[key] == nil else { throw ConfigurationError("\(place): \(parts[0]) is set twice") }
            values[key] = parts[1]
        }
        return values
    }
}

/// Where a setting comes from, in words.
enum SettingSource: String, Sendable {
    case commandLine = "command line"
    case environment
    case file
}
