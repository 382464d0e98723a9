internal import Glibc
internal import Store

/// Small files that are as they were, or whole and on disk. Blocks.
enum SyncedFile {
    /// Writes beside, then takes the place of what is there.
    /// - Throws: `full`, `io`.
    static func replace(_ path: String, with bytes: [UInt8]) throws(StoreError) {
        let partial = path + ".partial"
        try write(bytes, to: partial)
        guard rename(partial, path) == 0 else { throw fault("cannot rename \(partial) to \(path)") }
        try sync(parent(of: path))
    }

    /// Brings what has been written to a file, or the names in a folder, to the disk.
    static func sync(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault("cannot open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw fault("cannot sync \(path)") }
    }

    static func parent(of path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }

    /// What the last call of the system said.
    static func fault(_ what: String) -> StoreError {
        let reason = errno
        return StoreError(reason == ENOSPC || reason == EDQUOT ? .full : .io, "\(what): \(String(cString: strerror(reason)))")
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(StoreError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw fault("cannot create \(path)") }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw fault("cannot write \(path)") }
            done += written
        }
        guard fsync(descriptor) == 0 else { throw fault("cannot sync \(path)") }
    }
}
