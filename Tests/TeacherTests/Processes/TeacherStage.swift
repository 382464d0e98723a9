import ChildProcesses
import Foundation
import FoundationNetworking
import Prometheus
import RPC
import Synchronization
import Transport
import Wire

/// What one test has: a folder, the processes it starts, and clients in the test's own process. All of it ends with the test.
final class TeacherStage: Sendable {
    let folder: String
    private let loop = SocketThread(name: "test-io")
    private let children = Mutex<[ChildProcess]>([])
    private let clients = Mutex<[RPCClient]>([])

    private init(folder: String) { self.folder = folder }

    static func with<Result: Sendable>(_ body: (TeacherStage) async throws -> Result) async throws -> Result {
        var template = Array("/tmp/rdrec-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Missing(description: "a temporary folder") }
        let stage = TeacherStage(folder: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(stage)) } catch { result = .failure(error) }
        for client in stage.clients.withLock({ $0 }) { await client.close() }
        for child in stage.children.withLock({ $0 }) { await child.dispose() }
        try? await onBlockingThread(named: "end") { stage.loop.close() }
        try? FileManager.default.removeItem(atPath: stage.folder)
        return try result.get()
    }

    /// Where the tests' broker listens, if it is not told otherwise.
    var endpoint: String { "ipc://\(folder)/teacher.ipc" }

    /// Starts a program of this package.
    func start(_ arguments: [String], program: String = "scripted-teacherd") throws -> ChildProcess {
        let number = children.withLock { $0.count }
        let child = try ChildProcess(program, arguments, files: "\(folder)/process-\(number)")
        children.withLock { $0.append(child) }
        return child
    }

    /// Starts a teacher and waits until it listens. Its heartbeats are quick, so that a dead peer is seen soon.
    func teacher(_ arguments: String..., at endpoint: String? = nil) async throws -> ChildProcess {
        let quick = arguments.contains("--heartbeat-ms") ? [] : ["--heartbeat-ms", "200"]
        let http = arguments.contains("--http-port") ? [] : ["--http-port", "off"]
        let child = try start(["serve", "--endpoint", endpoint ?? self.endpoint] + quick + http + arguments)
        try await eventually("the teacher listens; \(child.errors)") { child.value(of: "listening") != nil || !child.isAlive }
        _ = try found(child.value(of: "listening"), "listening: \(child.errors)")
        return child
    }

    /// Starts teacherd with the default model, and waits until it has written for the first time.
    func realTeacher(_ arguments: String...) async throws -> ChildProcess {
        let child = try start(
            ["--endpoint", endpoint, "--http-port", "0", "--cache-memory", "0", "--heartbeat-ms", "500"] + arguments, program: "teacherd")
        try await eventually("teacherd is ready; \(child.errors)", within: .seconds(60)) { child.isReady || !child.isAlive }
        _ = try found(child.value(of: "ready"), "ready: \(child.errors)")
        return child
    }

    /// Starts a worker of the tests' broker.
    func worker(_ arguments: String..., at endpoint: String? = nil) throws -> ChildProcess {
        try start(["worker", "--broker", endpoint ?? self.endpoint] + arguments)
    }

    /// A client in this process.
    func client(_ endpoint: String? = nil, _ configure: (inout ClientConfiguration) -> Void = { _ in }) throws -> RPCClient {
        var configuration = ClientConfiguration(endpoint: try Endpoint(endpoint ?? self.endpoint))
        configuration.connection.backoff.maximum = .milliseconds(300)
        configure(&configuration)
        let client = try RPCClient(configuration, loop: loop, logger: quietLogger, metrics: PrometheusRegistry())
        clients.withLock { $0.append(client) }
        return client
    }
}

extension ChildProcess {
    /// What follows `word` on the line of the output that begins with it.
    func value(of word: String) -> String? {
        outputLines.first { $0 == word || $0.hasPrefix(word + " ") }.map { String($0.dropFirst(word.count + 1)) }
    }

    var isReady: Bool { value(of: "ready") != nil }

    /// A number that its HTTP server tells of itself.
    func metric(_ series: String) async throws -> Double {
        let line = try await http("/metrics").text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
        return try found(line.flatMap { Double($0.dropFirst(series.count + 1)) }, "the series \(series)")
    }

    /// The most memory that it has had, in bytes.
    func peakBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try found(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }, "VmHWM")
        return try found(line.split(separator: " ").dropFirst().first.flatMap { Int($0) }, "its number") << 10
    }

    /// Asks its HTTP server.
    func http(_ path: String) async throws -> (status: Int, text: String) {
        let port = try found(value(of: "http"), "an HTTP port")
        let url = try found(URL(string: "http://127.0.0.1:\(port)\(path)"), "a URL")
        let (data, response) = try await URLSession.shared.data(from: url)
        return (try found(response as? HTTPURLResponse, "a response").statusCode, String(decoding: data, as: UTF8.self))
    }
}
