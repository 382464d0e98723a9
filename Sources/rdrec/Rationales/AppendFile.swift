import Glibc
import Synchronization

/// A file to which lines are added, each whole: what was added before a kill of this process stays. Safe from any task.
final class AppendFile: Sendable {
    let path: String
    private let descriptor: CInt
    private let queue: BlockingQueue

    /// Opens the file, makes it where it is not there, and locks it against others.
    /// - Throws: `CommandError` with `system`.
    init(_ path: String) throws(CommandError) {
        self.path = path
        queue = BlockingQueue(path)
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure(path) }
        Self.syncFolder(of: path)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error =
                errno == EWOULDBLOCK ? CommandError(.system, "\(printable(path)) is being written by another rdrec") : Self.failure(path)
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    private static func failure(_ path: String) -> CommandError {
        CommandError(.system, "cannot write \(printable(path)): \(String(cString: strerror(errno)))")
    }

    /// A new file's name is on disk only when its folder is. Where that cannot be asked for (a pipe in /dev) there is nothing to lose.
    static func syncFolder(of path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.isEmpty ? "." : parts == [""] ? "/" : parts.joined(separator: "/")
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    func append(_ line: String) async throws {
        let bytes = Array("\(line)\n".utf8)
        try await queue.run {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(self.descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno != EINTR { throw Self.failure(self.path) }
                rest = rest.dropFirst(max(0, count))
            }
        }
    }

    /// Returns when what was added is on disk.
    func sync() async throws {
        try await queue.run {
            // What is no file on a disk (EINVAL) cannot be synchronised, nor need it be.
            if fsync(self.descriptor) != 0, errno != EINVAL { throw Self.failure(self.path) }
        }
    }

    /// Cuts the file to so many bytes.
    func truncate(to count: Int) throws(CommandError) {
        guard ftruncate(descriptor, count) == 0 else { throw Self.failure(path) }
    }
}
