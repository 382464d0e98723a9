package import ChildProcesses
internal import Foundation
internal import FoundationNetworking
package import Logging
internal import Prometheus
package import RPC
internal import Synchronization
internal import Transport

/// What one test has: a folder, the processes it starts, and clients in the test's own process. All of it ends with the test.
package final class DaemonStage: Sendable {
    package let folder: String
    private let loop = SocketThread(name: "test-io")
    private let children = Mutex<[ChildProcess]>([])
    private let clients = Mutex<[RPCClient]>([])

    private init(folder: String) { self.folder = folder }

    package static func with<Result: Sendable>(_ body: (DaemonStage) async throws -> Result) async throws -> Result {
        var template = Array("/tmp/rdrec-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Missing(description: "a temporary folder") }
        let stage = DaemonStage(folder: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(stage)) } catch { result = .failure(error) }
        for client in stage.clients.withLock({ $0 }) { await client.close() }
        for child in stage.children.withLock({ $0 }) { await child.dispose() }
        try? await onBlockingThread(named: "end") { stage.loop.close() }
        try? FileManager.default.removeItem(atPath: stage.folder)
        return try result.get()
    }

    /// Starts a program of this package.
    package func start(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        let number = children.withLock { $0.count }
        let child = try ChildProcess(program, arguments, files: "\(folder)/process-\(number)")
        children.withLock { $0.append(child) }
        return child
    }

    /// A client in this process.
    package func client(_ endpoint: String, _ configure: (inout ClientConfiguration) -> Void = { _ in }) throws -> RPCClient {
        var configuration = ClientConfiguration(endpoint: try Endpoint(endpoint))
        configuration.connection.backoff.maximum = .milliseconds(300)
        configure(&configuration)
        let client = try RPCClient(configuration, loop: loop, logger: quietLogger, metrics: PrometheusRegistry())
        clients.withLock { $0.append(client) }
        return client
    }
}

extension ChildProcess {
    /// What follows `word` on the line of the output that begins with it.
    package func value(of word: String) -> String? {
        outputLines.first { $0 == word || $0.hasPrefix(word + " ") }.map { String($0.dropFirst(word.count + 1)) }
    }

    package var isReady: Bool { value(of: "ready") != nil }

    /// A number that its HTTP server tells of itself.
    package func metric(_ series: String) async throws -> Double {
        let line = try await http("/metrics").text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
        return try found(line.flatMap { Double($0.dropFirst(series.count + 1)) }, "the series \(series)")
    }

    /// The most memory that it has had, in bytes.
    package func peakBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try found(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }, "VmHWM")
        return try found(line.split(separator: " ").dropFirst().first.flatMap { Int($0) }, "its number") << 10
    }

    /// Asks its HTTP server.
    package func http(_ path: String) async throws -> (status: Int, text: String) {
        let port = try found(value(of: "http"), "an HTTP port")
        let url = try found(URL(string: "http://127.0.0.1:\(port)\(path)"), "a URL")
        let (data, response) = try await URLSession.shared.data(from: url)
        return (try found(response as? HTTPURLResponse, "a response").statusCode, String(decoding: data, as: UTF8.self))
    }
}

/// Says nothing: tests break on purpose what a log would complain of.
package var quietLogger: Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}
