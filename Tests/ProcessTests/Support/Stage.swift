import ChildProcesses
import EchoProtos
import Foundation
import Logging
import RPC
import Synchronization
import Transport

/// What one test has: a folder, the processes it starts, and clients in the test's own process. All of it ends with the test.
final class Stage: Sendable {
    let folder: String
    private let loop = SocketThread(name: "test-io")
    private let children = Mutex<[ChildProcess]>([])
    private let clients = Mutex<[RPCClient]>([])

    private init(folder: String) { self.folder = folder }

    static func with<Result: Sendable>(_ body: (Stage) async throws -> Result) async throws -> Result {
        var template = Array("/tmp/rdrec-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Missing(description: "a temporary folder") }
        let stage = Stage(folder: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        do {
            let result = try await body(stage)
            await stage.end()
            return result
        } catch {
            await stage.end()
            throw error
        }
    }

    private func end() async {
        for client in clients.withLock({ $0 }) { await client.close() }
        for child in children.withLock({ $0 }) { await child.dispose() }
        try? await onBlockingThread(named: "end") { self.loop.close() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// An ipc endpoint in the folder.
    func ipc(_ name: String = "s") -> String { "ipc://\(folder)/\(name)" }

    func start(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        let count = children.withLock { $0.count }
        let child = try ChildProcess(program, arguments, files: "\(folder)/\(program)-\(count)-\(UInt32.random(in: 0 ... .max))")
        children.withLock { $0.append(child) }
        return child
    }

    /// Starts an echo server and waits until it serves.
    func server(_ endpoint: String, _ arguments: String...) async throws -> EchoServerProcess {
        let insecure = endpoint.hasPrefix("tcp://127.") && !arguments.contains("--key-file") ? ["--insecure"] : []
        let child = try start("echo-server", ["--endpoint", endpoint] + insecure + arguments)
        try await eventually("echo-server \(endpoint) listens; \(child.errors)") {
            if let ending = child.poll() { throw Missing(description: "echo-server lives, \(ending): \(child.errors)") }
            return !child.outputLines.isEmpty
        }
        let line = try found(child.outputLines.first, "a line of echo-server")
        let text = try found(line.hasPrefix("listening ") ? line.dropFirst("listening ".count) : nil, "listening ENDPOINT, not \(line)")
        return EchoServerProcess(child: child, endpoint: String(text))
    }

    /// Starts the client program on `endpoint`.
    func load(_ endpoint: String) throws -> ChildProcess { try start("echo-load", [endpoint]) }

    /// A client in this process.
    func client(_ endpoint: String, _ configure: (inout ClientConfiguration) -> Void = { _ in }) throws -> EchoClient {
        var configuration = ClientConfiguration(endpoint: try Endpoint(endpoint))
        // Tests wait for a server that comes back; nobody is spared by waiting longer.
        configuration.connection.backoff.maximum = .milliseconds(300)
        configure(&configuration)
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        let client = try RPCClient(configuration, loop: loop, logger: quiet)
        clients.withLock { $0.append(client) }
        return EchoClient(client)
    }
}

/// An echo server that serves.
struct EchoServerProcess: Sendable {
    let child: ChildProcess
    /// With the port that was found.
    let endpoint: String

    var pid: pid_t { child.pid }
}
