internal import Dispatch
internal import Glibc
internal import ModelFiles
internal import RPC
internal import Transport

/// A file that is sent away in chunks, read on a queue of its own. For one task at a time; the file goes with it.
final class BackupFile: Sendable {
    let size: UInt64
    /// Of the whole, in hexadecimal.
    let sha256: String
    private let path: String
    private let descriptor: CInt
    private static let chunkBytes = 1 << 18
    private static let queue = DispatchQueue(label: "rdrec.backup", attributes: .concurrent)

    /// Takes the file over, also where it cannot be read.
    static func open(_ path: String) async throws -> BackupFile {
        try await onQueue {
            do { return try BackupFile(path) } catch {
                unlink(path)
                throw error
            }
        }
    }

    private init(_ path: String) throws {
        self.path = path
        do { sha256 = try FileDigest.sha256(path: path) } catch { throw RPCError(.internal, "\(error)") }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        var figures = stat()
        guard descriptor >= 0, fstat(descriptor, &figures) == 0 else {
            let reason = String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw RPCError(.internal, "cannot read \(path): \(reason)")
        }
        self.descriptor = descriptor
        size = UInt64(figures.st_size)
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// The bytes from `offset` on: none at the end.
    func chunk(at offset: UInt64) async throws -> [UInt8] {
        try await Self.onQueue { [descriptor, path] in
            var bytes = [UInt8](repeating: 0, count: Self.chunkBytes)
            let count = pread(descriptor, &bytes, bytes.count, off_t(offset))
            guard count >= 0 else { throw RPCError(.internal, "cannot read \(path): \(String(cString: strerror(errno)))") }
            bytes.removeLast(bytes.count - count)
            return bytes
        }
    }

    private static func onQueue<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withUnsafeThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }
}
