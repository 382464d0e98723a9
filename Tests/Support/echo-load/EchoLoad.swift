import ArgumentParser
import EchoProtos
import Glibc
import Logging
import RPC
import Transport
import Wire

/// A client of the Echo service as a process of its own, which does what the lines of its standard input say and prints what came of it.
/// Ends with its input.
///
/// - `calls COUNT DELAY_MS RESPONSE_BYTES`: makes so many calls at once, and prints `call CODE` as each ends.
/// - `hold BYTES`: opens an endless stream of responses of this size, prints `first` with the first of them and reads no further.
/// - `push BYTES`: writes requests of this size for ever to a handler that takes one and then sleeps; prints `written` for each.
/// - `cycle COUNT`: connects, calls and disconnects so often, then prints `cycled`.
@main
struct EchoLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "echo-load", abstract: "Calls rdrec.test.v1.Echo, for tests.")

    @Argument(help: "The server's endpoint.")
    var endpoint: String

    func run() async throws {
        let loop = SocketThread()
        defer { loop.close() }
        let commands = try Commands(endpoint: Endpoint(endpoint), loop: loop)
        await withTaskGroup(of: Void.self) { group in
            while let line = try? await onBlockingThread(named: "input", { readLine() }) {
                group.addTask { await commands.run(line) }
            }
            group.cancelAll()
        }
        await commands.client.close()
    }
}

private struct Commands: Sendable {
    let client: RPCClient
    private let configuration: ClientConfiguration
    private let loop: SocketThread
    private let logger: Logger
    private var echo: EchoClient { EchoClient(client) }

    init(endpoint: Endpoint, loop: SocketThread) throws {
        var configuration = ClientConfiguration(endpoint: endpoint)
        configuration.connection.backoff.maximum = .milliseconds(300)
        var logger = Logger(label: "echo-load")
        logger.logLevel = .error
        self.configuration = configuration
        self.logger = logger
        self.loop = loop
        client = try RPCClient(configuration, loop: loop, logger: logger)
    }

    func run(_ line: String) async {
        let words = line.split(separator: " ")
        let numbers = words.dropFirst().compactMap { UInt32($0) }
        do {
            switch (words.first, numbers.count) {
            case ("calls", 3): await calls(numbers[0], EchoRequest(delayMs: numbers[1], responseBytes: numbers[2]))
            case ("hold", 1): try await hold(numbers[0])
            case ("push", 1): try await push(numbers[0])
            case ("cycle", 1): try await cycle(numbers[0])
            default: say("not understood: \(line)")
            }
        } catch {
            say("failed: \(error)")
        }
    }

    private func calls(_ count: UInt32, _ request: EchoRequest) async {
        await withTaskGroup(of: StatusCode.self) { group in
            for _ in 0..<count {
                group.addTask {
                    do {
                        let options = CallOptions(waitForReady: true, retries: false)
                        _ = try await echo.get(request, options: options)
                        return .ok
                    } catch {
                        return RPCError(from: error).code
                    }
                }
            }
            for await code in group { say("call \(code)") }
        }
    }

    private func hold(_ bytes: UInt32) async throws {
        try await echo.expand(EchoRequest(count: .max, responseBytes: bytes)) { responses in
            for try await _ in responses {
                say("first")
                try await Task.sleep(for: .seconds(3_600))
            }
        }
    }

    private func push(_ bytes: UInt32) async throws {
        let request = EchoRequest(payload: [UInt8](repeating: 1, count: Int(bytes)), delayMs: 3_600_000)
        _ = try await echo.collect { requests in
            while true {
                try await requests.write(request)
                say("written")
            }
        }
    }

    private func cycle(_ count: UInt32) async throws {
        for _ in 0..<count {
            let client = try RPCClient(configuration, loop: loop, logger: logger)
            do {
                _ = try await EchoClient(client).get(EchoRequest(), options: CallOptions(timeout: .seconds(20)))
                await client.close()
            } catch {
                await client.close()
                throw error
            }
        }
        say("cycled")
    }
}

/// Writes a line at once, which `print` does not do to a file.
private func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
}
