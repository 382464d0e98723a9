package import Glibc
internal import Synchronization

/// A program that a test runs: output in files, ended and waited for by its process id.
package final class ChildProcess: Sendable {
    package enum Ending: Sendable, Hashable {
        case exited(CInt)
        case signalled(CInt)
    }

    package struct StartError: Error, CustomStringConvertible {
        package let description: String
    }

    package let pid: pid_t
    private let outputPath: String
    private let errorPath: String
    private let input: Mutex<CInt>
    private let ending = Mutex<Ending?>(nil)

    /// - Parameters:
    ///   - program: a product of this package, or the path of any.
    ///   - files: a path to which `.out` and `.err` are added.
    package init(_ program: String, _ arguments: [String], files: String) throws {
        outputPath = files + ".out"
        errorPath = files + ".err"
        // Not a pipe: this one is born with close-on-exec, so that no other test's child gets a copy.
        var pair: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
            throw StartError(description: "socketpair: \(String(cString: strerror(errno)))")
        }
        defer { close(pair[0]) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pair[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)

        // Other tests of this process may ignore or block signals, which children would inherit.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        let path = try Self.path(of: program)
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, path, &actions, &attributes, &words, environ)
        guard status == 0 else {
            close(pair[1])
            throw StartError(description: "\(path): \(String(cString: strerror(status)))")
        }
        self.pid = pid
        input = Mutex(pair[1])
    }

    /// Programs lie beside the test bundle, which is what runs.
    package static func path(of program: String) throws -> String {
        program.hasPrefix("/") ? program : try folder() + "/" + program
    }

    private static func folder() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { throw StartError(description: "readlink: \(String(cString: strerror(errno)))") }
        let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let slash = path.lastIndex(of: "/") else { throw StartError(description: "\(path) has no folder") }
        return String(path[..<slash])
    }

    package var output: String { Self.content(of: outputPath) }
    package var errors: String { Self.content(of: errorPath) }
    /// Whole lines only: the last one may still be on its way.
    package var outputLines: [Substring] { output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() }

    private static func content(of path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return String(decoding: content, as: UTF8.self) }
            content += buffer[..<count]
        }
    }

    /// Writes a line to its standard input.
    package func tell(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        input.withLock { _ = write($0, bytes, bytes.count) }
    }

    /// Ends its standard input.
    package func closeInput() {
        input.withLock { input in
            if input >= 0 { close(input) }
            input = -1
        }
    }

    // MARK: Its life

    /// nil while it lives, stopped or not.
    package func poll() -> Ending? {
        ending.withLock { ending in
            if ending == nil {
                var status: CInt = 0
                if waitpid(pid, &status, WNOHANG) == pid {
                    ending = status & 0x7f == 0 ? .exited((status >> 8) & 0xff) : .signalled(status & 0x7f)
                }
            }
            return ending
        }
    }

    package var isAlive: Bool { poll() == nil }

    /// Sends a signal; nothing once the process has been waited for, when its number may be another's.
    package func signal(_ number: CInt) {
        guard poll() == nil else { return }
        kill(pid, number)
    }

    package func ended(within limit: Duration = .seconds(20)) async throws -> Ending {
        try await eventually("process \(pid) ends", within: limit) { poll() != nil }
        return try found(poll(), "how process \(pid) ended")
    }

    /// Ends it whatever it does, and waits.
    package func dispose() async {
        signal(SIGKILL)
        while poll() == nil { try? await Task.sleep(for: .milliseconds(2)) }
        closeInput()
    }
}
