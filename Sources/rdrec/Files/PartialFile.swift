import Glibc

/// A file that is there whole or not at all: it is written under its name with `.partial` behind, and gets its name in the end. One that
/// is given up is removed. For one thread at a time.
struct PartialFile: ~Copyable {
    private let path: String
    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var isFinished = false

    private static let bufferBytes = 1 << 18

    /// - Parameter path: what it is called in the end.
    /// - Throws: `CommandError` with `system`.
    init(_ path: String) throws(CommandError) {
        self.path = path
        descriptor = open(Self.partial(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure(path) }
        buffer.reserveCapacity(Self.bufferBytes)
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(Self.partial(path)) }
    }

    /// Removes what was written, without waiting for the end of the value: the end of the process may come before.
    mutating func discard() {
        if !isFinished { unlink(Self.partial(path)) }
        isFinished = true
    }

    static func partial(_ path: String) -> String { path + ".partial" }

    private static func failure(_ path: String) -> CommandError {
        CommandError(.system, "cannot write \(printable(path)): \(String(cString: strerror(errno)))")
    }

    mutating func write(_ bytes: some Collection<UInt8>) throws(CommandError) {
        buffer += bytes
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    private mutating func flush() throws(CommandError) {
        var rest = buffer[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { throw Self.failure(path) }
            rest = rest.dropFirst(max(0, count))
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Brings everything to disk and gives the file its name, in place of what has it.
    mutating func finish() throws(CommandError) {
        try flush()
        guard fsync(descriptor) == 0, rename(Self.partial(path), path) == 0 else { throw Self.failure(path) }
        isFinished = true
        AppendFile.syncFolder(of: path)
    }
}
