import Foundation

/// The fenced blocks of PROTOCOL.md, section 10.
struct GoldenFrame: Sendable {
    /// The word behind the word `golden` or `malformed`.
    let name: String
    let header: [UInt8]
    /// The type of the payload; nil where frame 2 is empty.
    let payloadType: String?
    let payload: [UInt8]
}

enum GoldenFrames {
    struct FormatError: Error { let line: String }

    /// The blocks of one kind, "golden" or "malformed", in their order.
    static func read(_ kind: String) throws -> [GoldenFrame] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "Protos/PROTOCOL.md"), encoding: .utf8)
        var frames: [GoldenFrame] = []
        var block: [String]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("```\(kind) ") {
                block = [line]
            } else if line == "```", let lines = block {
                frames.append(try frame(lines))
                block = nil
            } else if line.hasPrefix("  "), let last = block?.indices.last {
                block?[last] += line.dropFirst(2)
            } else if !line.hasPrefix("#") {
                block?.append(line)
            }
        }
        return frames
    }

    private static func frame(_ lines: [String]) throws -> GoldenFrame {
        var fields: [String: [Substring]] = [:]
        for line in lines.dropFirst() {
            let words = line.split(separator: " ")
            guard let key = words.first, ["header", "payload"].contains(key) else { throw FormatError(line: line) }
            fields[String(key)] = Array(words.dropFirst())
        }
        let payload = fields["payload"] ?? []
        return GoldenFrame(
            name: String(lines[0].split(separator: " ")[1]), header: try bytes(fields["header"]?.first ?? ""),
            payloadType: payload.first.map(String.init), payload: try bytes(payload.dropFirst().first ?? ""))
    }

    private static func bytes(_ hex: Substring) throws -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue).map(UInt8.init)
        guard digits.count == hex.count, digits.count.isMultiple(of: 2) else { throw FormatError(line: String(hex)) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
