import Glibc

/// A call of the operating system that failed.
struct SystemError: Error, CustomStringConvertible {
    let call: String
    let code: Int32

    /// Takes the reason from `errno`, so it is made right after the call.
    init(_ call: String) {
        code = errno
        self.call = call
    }

    var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// An open file descriptor, closed at the end of its life.
struct OwnedDescriptor: ~Copyable {
    let raw: Int32

    /// Opens `path`; the descriptor is never inherited by a program that is executed.
    init(opening path: String, _ flags: Int32, mode: mode_t = 0) throws(SystemError) {
        var descriptor: Int32
        repeat { descriptor = open(path, flags | O_CLOEXEC, mode) } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw SystemError("open") }
        raw = descriptor
    }

    deinit { close(raw) }

    borrowing func status() throws(SystemError) -> stat {
        var status = stat()
        guard fstat(raw, &status) == 0 else { throw SystemError("fstat") }
        return status
    }

    /// The bytes from here to the end, or nil when there are more than `limit`.
    borrowing func readAll(limit: Int) throws(SystemError) -> [UInt8]? {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = read(raw, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("read")
            }
            if count == 0 { return content }
            if content.count + count > limit { return nil }
            content += buffer[..<count]
        }
    }

    borrowing func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(raw, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("write")
            }
            rest = rest.dropFirst(count)
        }
    }
}

extension stat {
    var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }
    var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
    var isSocket: Bool { st_mode & S_IFMT == S_IFSOCK }
    var isSymbolicLink: Bool { st_mode & S_IFMT == S_IFLNK }

    /// The permission bits in octal, as `chmod` takes them.
    var permissions: String { String(st_mode & 0o7777, radix: 8) }
}

/// `lstat`, which does not follow a symbolic link; nil when nothing is at `path`.
func linkStatus(_ path: String) throws(SystemError) -> stat? {
    var status = stat()
    if lstat(path, &status) == 0 { return status }
    if errno == ENOENT { return nil }
    throw SystemError("lstat")
}

/// `text` in quotes for a message, cut and with what is not printable escaped.
func quoted(_ text: some StringProtocol) -> String {
    String(reflecting: String(text.prefix(100)))
}
