import Foundation
import Synchronization
import Testing

/// A program as a process of its own, with pipes to it. (Foundation's Process leaks, which the address sanitizer's run reports.)
final class Child: Sendable {
    let pid: pid_t
    private let input: Mutex<CInt?>
    private let output: AsyncStream<String>
    private let errors: AsyncStream<String>
    private let end: AsyncStream<CInt>

    /// Starts a program that lies beside the tests. It sees no variable of rdrec but those given.
    /// - Parameters:
    ///   - closesOutput: nobody reads its standard output.
    ///   - columns: of a terminal, which its standard output and error are then: what comes out of it is in the output.
    init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], closesOutput: Bool = false, columns: UInt16? = nil
    ) throws {
        // A child that ended before it read all must fail the write, and not end the tests.
        Foundation.signal(SIGPIPE, SIG_IGN)
        let started = try Self.starting.withLock { _ in try Self.start(program, arguments, environment, columns) }
        pid = started.pid
        input = Mutex(started.input)
        errors = lines(from: started.errors)
        if closesOutput {
            close(started.output)
            output = AsyncStream { $0.finish() }
        } else {
            output = lines(from: started.output)
        }
        end = AsyncStream { continuation in
            Thread.detachNewThread {
                var status: CInt = 0
                while waitpid(started.pid, &status, 0) < 0, errno == EINTR {}
                continuation.yield(status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F))
                continuation.finish()
            }
        }
    }

    deinit { closeInput() }

    /// Held from the making of pipes until they are closed on exec: a child that inherited another's would keep its input from ending.
    private static let starting = Mutex(())

    private struct Started {
        let pid: pid_t
        let input: CInt
        let output: CInt
        let errors: CInt
    }

    private static func start(
        _ program: String, _ arguments: [String], _ environment: [String: String], _ columns: UInt16?
    ) throws -> Started {
        let (inputs, outputs) = (try Pipe(), try columns.map(Pipe.init(columns:)) ?? Pipe())
        let errorOutputs = try Pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputs.readEnd, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, outputs.writeEnd, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, columns == nil ? errorOutputs.writeEnd : outputs.writeEnd, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What the tests' own process ignores or blocks, its children would too.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let path = try folder() + "/" + program
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("RDREC_") && $0.key != "XDG_RUNTIME_DIR" }
        variables.merge(environment) { _, new in new }
        let argumentPointers = ([path] + arguments).map { strdup($0) } + [nil]
        let variablePointers = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argumentPointers + variablePointers { free(pointer) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, path, &actions, &attributes, argumentPointers, variablePointers)
        for descriptor in [inputs.readEnd, outputs.writeEnd, errorOutputs.writeEnd] { close(descriptor) }
        try #require(result == 0, "cannot start \(path): \(String(cString: strerror(result)))")

        return Started(pid: pid, input: inputs.writeEnd, output: outputs.readEnd, errors: errorOutputs.readEnd)
    }

    /// Where SwiftPM puts the tests and the programs.
    private static func folder() throws -> String {
        var path = [UInt8](repeating: 0, count: 4_096)
        let count = path.withUnsafeMutableBytes { $0.baseAddress.map { readlink("/proc/self/exe", $0, 4_096) } ?? 0 }
        try #require(count > 0)
        let own = String(decoding: path.prefix(count), as: UTF8.self)
        return String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])
    }

    /// Writes to standard input.
    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        let descriptor = try #require(input.withLock { $0 })
        // Short enough for a pipe to hold, so that this does not block.
        try #require(write(descriptor, bytes, bytes.count) == bytes.count)
    }

    func closeInput() {
        let descriptor = input.withLock { input in
            defer { input = nil }
            return input
        }
        if let descriptor { close(descriptor) }
    }

    /// The next line of standard output; nil at its end.
    func nextLine() async -> String? {
        for await line in output { return line }
        return nil
    }

    /// What is left of standard output and error, when the program has ended; its status, or a signal's number below 0.
    func ended() async -> Finished {
        var finished = Finished(output: [], errors: [], status: 0)
        for await line in output { finished.output.append(line) }
        for await line in errors { finished.errors.append(line) }
        for await status in end { finished.status = status }
        return finished
    }

    /// Not to be called after `ended()`: the number may be another process's by then.
    func signal(_ number: CInt) { kill(pid, number) }
}

/// How a program ended.
struct Finished: Equatable {
    var output: [String]
    var errors: [String]
    var status: CInt

    /// Without the lines that tell every ten seconds how far a job is: on a busy machine what takes no time may take longer than that.
    var quiet: Finished {
        Finished(
            output: output, errors: errors.filter { $0.prefixMatch(of: /[0-9]+ of [0-9]|epoch [0-9]+, |prepares|waits for/) == nil },
            status: status)
    }
}

private struct Pipe {
    let readEnd: CInt
    let writeEnd: CInt

    init() throws {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    /// A terminal, which a program writes to.
    init(columns: UInt16) throws {
        var ours: CInt = 0, theirs: CInt = 0, size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        try #require(openpty(&ours, &theirs, nil, nil, &size) == 0)
        for end in [ours, theirs] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ours, theirs)
    }
}

/// The lines that come out of a descriptor, which is closed at the end.
private func lines(from descriptor: CInt) -> AsyncStream<String> {
    AsyncStream { continuation in
        Thread.detachNewThread {
            var pending: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                pending += buffer[..<count]
                while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                    continuation.yield(String(decoding: pending[..<end], as: UTF8.self))
                    pending.removeSubrange(...end)
                }
            }
            if !pending.isEmpty { continuation.yield(String(decoding: pending, as: UTF8.self)) }
            close(descriptor)
            continuation.finish()
        }
    }
}
