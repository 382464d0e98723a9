import Glibc
import Synchronization

/// The right to serve an `ipc://` path, against two daemons on one: `flock` on the file `PATH.lock` beside the socket, which holds the
/// process id of its holder. The system gives it up when the process dies, however it dies. The file itself stays: to remove it
/// would let two processes hold locks on two files of one name.
///
/// Take it before binding and close it after the socket is closed, since libzmq removes the socket's file then. Safe from any thread.
package final class SocketLock: Sendable {
    /// The socket's path.
    package let path: String
    private let held: Mutex<HeldLock?>

    /// Takes the lock and removes the socket file that a crashed daemon left.
    ///
    /// Throws ``EndpointError``: `directory` when the socket's directory is not private (``RuntimeDirectory``), `locked` when another
    /// process (or another lock of this one) serves the path, `unusable` when something else than a socket is there, `system` otherwise.
    package init(path: String) throws(EndpointError) {
        _ = try RuntimeDirectory(existing: Self.directory(of: path))
        do {
            let file = try OwnedDescriptor(opening: path + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
            guard try file.status().isRegularFile else {
                throw EndpointError(code: .unusable, place: path + ".lock", message: "is not a regular file: remove it")
            }
            guard try file.lock() else {
                throw EndpointError(
                    code: .locked, place: path,
                    message: "\(try file.holder()) serves this socket already: stop it, or choose another --endpoint")
            }
            guard ftruncate(file.raw, 0) == 0 else { throw SystemError("ftruncate") }
            try file.writeAll(Array("\(getpid())\n".utf8))
            try Self.removeStaleSocket(path)
            self.path = path
            held = Mutex(HeldLock(file: consume file))
        } catch let error as EndpointError {
            throw error
        } catch {
            throw EndpointError(code: .system, place: path + ".lock", message: "cannot lock the socket, \(error)")
        }
    }

    /// Gives the path free. Once is enough, twice does no harm; so does the end of the lock's life.
    package func close() {
        held.withLock { $0 = nil }
    }

    /// libzmq's bind would remove whatever is there, also a file of value.
    private static func removeStaleSocket(_ path: String) throws {
        guard let status = try linkStatus(path) else { return }
        guard status.isSocket else {
            throw EndpointError(code: .unusable, place: path, message: "is there and not a socket: remove it, or choose another --endpoint")
        }
        guard unlink(path) == 0 else { throw SystemError("unlink") }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// The end of it gives the lock up by name: a child that is just being forked has a copy of the descriptor, and would keep the lock
/// past the closing of ours until it executes its program.
private struct HeldLock: ~Copyable {
    let file: OwnedDescriptor

    deinit { flock(file.raw, LOCK_UN) }
}

extension OwnedDescriptor {
    /// Whether the lock is ours now; false when another has it.
    fileprivate borrowing func lock() throws(SystemError) -> Bool {
        while flock(raw, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            if errno != EINTR { throw SystemError("flock") }
        }
        return true
    }

    /// Who the file says holds it. The holder writes its number right after it has locked, so it may not be there yet.
    fileprivate borrowing func holder() throws(SystemError) -> String {
        let text = try readAll(limit: 32)?.prefix(while: isDigit) ?? []
        return text.isEmpty ? "another process" : "process \(String(decoding: text, as: UTF8.self))"
    }
}
