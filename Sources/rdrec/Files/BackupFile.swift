import Glibc
import RPC
import Synchronization
import Transport
import Wire

/// A backup as it comes, chunk by chunk: each has to begin where the one before ended, and the whole to have the digest that the last one
/// tells. For one task.
final class BackupFile: Sendable {
    private struct State: ~Copyable {
        var file: PartialFile
        var digest = Sha256()
        var written: UInt64 = 0
        var total: UInt64?
        var expected = ""
    }

    private let state: Mutex<State>
    private let queue = BlockingQueue("backup")

    /// - Parameter isForced: whether it may take the place of a file.
    /// - Throws: `CommandError`: `usage` for a file that is there, `system`.
    init(_ path: String, isForced: Bool) throws(CommandError) {
        guard isForced || access(path, F_OK) != 0 else {
            throw CommandError(.usage, "\(printable(path)) is there already: --force puts the backup in its place")
        }
        state = Mutex(State(file: try PartialFile(path)))
    }

    /// Adds a chunk.
    /// - Returns: Bytes so far, and in all.
    /// - Throws: `RPCError` with DATA_LOSS for a chunk that does not follow on the others; `CommandError` with `system`.
    func write(_ chunk: BackupChunk) async throws -> (written: UInt64, total: UInt64) {
        try await queue.run {
            try self.state.withLock { state in
                guard chunk.offset == state.written, chunk.totalBytes == state.total ?? chunk.totalBytes, state.expected.isEmpty else {
                    throw RPCError(.dataLoss, "a chunk of the backup begins at \(chunk.offset), and \(state.written) bytes have come")
                }
                try state.file.write(chunk.content)
                state.digest.update(chunk.content)
                state.written += UInt64(chunk.content.count)
                state.total = chunk.totalBytes
                state.expected = chunk.sha256
                return (state.written, chunk.totalBytes)
            }
        }
    }

    /// Gives the backup up, and removes what has come of it. Waits for a chunk that is being written.
    func discard() { state.withLock { $0.file.discard() } }

    /// Gives the file its name, when it is whole and on disk.
    /// - Returns: The digest.
    /// - Throws: `RPCError` with DATA_LOSS for a backup that is not whole; `CommandError` with `system`.
    func finish() async throws -> String {
        try await queue.run {
            try self.state.withLock { state in
                guard state.written == state.total, !state.expected.isEmpty else {
                    throw RPCError(.dataLoss, "the backup ended after \(state.written) bytes of \(state.total.map { "\($0)" } ?? "any")")
                }
                let digest = state.digest.finished()
                guard digest == state.expected else {
                    throw RPCError(.dataLoss, "the backup has the digest \(digest), and the server told \(printable(state.expected))")
                }
                try state.file.finish()
                return digest
            }
        }
    }
}
