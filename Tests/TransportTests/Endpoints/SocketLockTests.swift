import Foundation
import Testing
import Transport

@Suite struct SocketLockTests {
    @Test func `A path is served by one at a time`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.sock")
        let lock = try SocketLock(path: path)
        let error = try #require(throws: EndpointError.self) { try SocketLock(path: path) }
        #expect(error.code == .locked && error.place == path)
        #expect(error.message.contains("process \(getpid()) serves"))
        let other = try SocketLock(path: folder.path("b.sock"))
        lock.close()
        lock.close()
        let next = try SocketLock(path: path)
        withExtendedLifetime((other, next)) {}
    }

    @Test func `The end of a lock's life gives its path free`() throws {
        let folder = try TemporaryFolder()
        for _ in 1...3 { _ = try SocketLock(path: folder.path("a.sock")) }
    }

    @Test func `A shorter process id replaces a longer one in the file`() throws {
        let folder = try TemporaryFolder()
        try folder.write("a.sock.lock", "12345678901234567890\n")
        let lock = try SocketLock(path: folder.path("a.sock"))
        #expect(try String(contentsOfFile: folder.path("a.sock.lock"), encoding: .utf8) == "\(getpid())\n")
        lock.close()
    }

    @Test func `A process that is killed holds its path no longer, and its socket file is removed`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.sock")
        let holder = try startHolder(path)
        var ended = false
        defer {
            if !ended { kill(holder, SIGKILL) }
        }
        let error = try #require(throws: EndpointError.self) { try SocketLock(path: path) }
        #expect(error.message.contains("process \(holder) serves"))
        #expect(FileManager.default.fileExists(atPath: path))

        kill(holder, SIGKILL)
        try #require(waitpid(holder, nil, 0) == holder)
        ended = true
        let lock = try SocketLock(path: path)
        #expect(!FileManager.default.fileExists(atPath: path))
        lock.close()
    }

    /// A process that serves `path`; it has locked and bound when this returns. (Foundation's Process leaks, which fails the address
    /// sanitizer's run.)
    private func startHolder(_ path: String) throws -> pid_t {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = ["python3", "-c", Self.holder, path].map { (text: String) in strdup(text) } + [nil]
        defer { arguments.forEach { free($0) } }
        var child: pid_t = 0
        let result = posix_spawn(&child, "/usr/bin/python3", &actions, nil, &arguments, nil)
        close(ends[1])
        try #require(result == 0)
        var said = [UInt8](repeating: 0, count: 6)
        try #require(read(ends[0], &said, 6) == 6 && said == Array("locked".utf8))
        return child
    }

    /// Locks as SocketLock does, binds, says so, and waits for its end.
    private static let holder = """
        import fcntl, os, signal, socket, sys
        lock = os.open(sys.argv[1] + ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(lock, b"%d\\n" % os.getpid())
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(sys.argv[1])
        sys.stdout.write("locked")
        sys.stdout.flush()
        signal.pause()
        """

    @Test func `What is at the path and no socket is left alone`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.sock", "precious")
        let error = try #require(throws: EndpointError.self) { try SocketLock(path: path) }
        #expect(error.code == .unusable && error.place == path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func `A lock file that is a symbolic link is not followed`() throws {
        let folder = try TemporaryFolder()
        let target = try folder.write("precious", "precious")
        try #require(symlink(target, folder.path("a.sock.lock")) == 0)
        let error = try #require(throws: EndpointError.self) { try SocketLock(path: folder.path("a.sock")) }
        #expect(error.code == .system && error.place == folder.path("a.sock.lock"))
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
    }

    @Test func `A lock file that is no file is refused`() throws {
        let folder = try TemporaryFolder()
        try #require(mkfifo(folder.path("a.sock.lock"), 0o600) == 0)
        let error = try #require(throws: EndpointError.self) { try SocketLock(path: folder.path("a.sock")) }
        #expect(error.code == .unusable && error.message.contains("not a regular file"))
    }

    @Test func `A socket in a directory that others can enter is refused`() throws {
        let folder = try TemporaryFolder()
        try #require(chmod(folder.path, 0o755) == 0)
        let error = try #require(throws: EndpointError.self) { try SocketLock(path: folder.path("a.sock")) }
        #expect(error.code == .directory && error.message.contains("chmod 700"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("a.sock.lock")))
    }
}
