import Glibc

/// Standard output, a line at a time and each at once; and notes on standard error. Safe from any task.
struct Output: Sendable {
    private let queue = BlockingQueue("stdout")

    /// Returns when the line has been written.
    /// - Throws: `CommandError` with the signal `SIGPIPE` when nobody reads the output any more, with `system` when writing fails.
    func line(_ text: String) async throws { try await write("\(text)\n") }

    /// As `line`, without ending the line.
    func write(_ text: String) async throws {
        let bytes = Array(text.utf8)
        try await queue.run { try writeAll(bytes, to: STDOUT_FILENO) }
    }

    /// A line on standard error. Failures are ignored: there is nowhere left to tell them.
    static func note(_ text: String) { note(raw: "\(text)\n") }

    /// As `note`, without ending the line.
    static func note(raw text: String) { try? writeAll(Array(text.utf8), to: STDERR_FILENO) }
}

private func writeAll(_ bytes: [UInt8], to descriptor: CInt) throws(CommandError) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 {
            rest.removeFirst(count)
            continue
        }
        switch errno {
        case EINTR: break
        case EAGAIN: waitUntilReady(descriptor, POLLOUT)
        case EPIPE: throw CommandError(.signal(SIGPIPE))
        default: throw CommandError(.system, "cannot write to standard output: \(String(cString: strerror(errno)))")
        }
    }
}

/// Waits for a descriptor that a program before this one made non-blocking.
func waitUntilReady(_ descriptor: CInt, _ events: CInt) {
    var item = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    _ = poll(&item, 1, -1)
}
