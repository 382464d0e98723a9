import Glibc

/// Standard input, read on demand. For one task.
struct StandardInput: Sendable {
    /// The most that one message, or the input as a whole where it is one message, may have: 64 MiB.
    static let maxMessageBytes = 64 << 20

    private static let chunkBytes = 65_536
    private let queue = BlockingQueue("stdin")

    /// The next bytes; none at the end.
    private func chunk() async throws -> [UInt8] {
        try await queue.run {
            while true {
                var count = 0
                let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunkBytes) { buffer, filled in
                    count = read(STDIN_FILENO, buffer.baseAddress, buffer.count)
                    filled = max(0, count)
                }
                if count >= 0 { return bytes }
                switch errno {
                case EINTR: break
                case EAGAIN: waitUntilReady(STDIN_FILENO, POLLIN)
                default: throw CommandError(.system, "cannot read standard input: \(String(cString: strerror(errno)))")
                }
            }
        }
    }

    /// Everything.
    func all() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let chunk = try await chunk()
            if chunk.isEmpty { return bytes }
            bytes += chunk
            if bytes.count > Self.maxMessageBytes { throw Self.tooLong("standard input") }
        }
    }

    /// Everything, as text without the line break at its end.
    func text() async throws -> String {
        guard let text = String(validating: try await all(), as: UTF8.self) else {
            throw CommandError(.usage, "standard input is not valid UTF-8")
        }
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// Each line with its number, from 1, as soon as it is complete.
    func eachLine(_ body: (_ line: [UInt8], _ number: Int) async throws -> Void) async throws {
        var splitter = LineSplitter()
        var number = 0
        var atEnd = false
        while !atEnd {
            let chunk = try await chunk()
            atEnd = chunk.isEmpty
            if atEnd { splitter.end() } else { splitter.append(chunk) }
            while let line = splitter.next() {
                number += 1
                try await body(line, number)
            }
            if splitter.pendingCount > Self.maxMessageBytes { throw Self.tooLong("line \(number + 1) of standard input") }
        }
    }

    private static func tooLong(_ what: String) -> CommandError {
        CommandError(.usage, "\(what) has more than \(maxMessageBytes) bytes")
    }
}
