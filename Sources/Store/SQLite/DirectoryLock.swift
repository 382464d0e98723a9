internal import Glibc
internal import Synchronization

/// Holds a data directory for this process, until it is released or the process ends, whichever way that happens.
final class DirectoryLock: Sendable {
    /// Negative once it is released.
    private let descriptor: Mutex<CInt>

    /// - Throws: `inUse` where another process has it; `io`.
    init(_ directory: String) throws(StoreError) {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError(.io, "cannot write \(path): \(String(cString: strerror(errno)))") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw isHeld
                ? StoreError(.inUse, "\(directory) is in use by another studentd: stop that one, or give this one a directory of its own")
                : StoreError(.io, "cannot lock \(path): \(reason)")
        }
        self.descriptor = Mutex(descriptor)
    }

    func release() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }

    deinit { release() }
}
