import ChildProcesses
import DaemonStage
import RPC
import Transport
import Wire

typealias StudentStage = DaemonStage

extension DaemonStage {
    var studentEndpoint: String { "ipc://\(folder)/student.ipc" }
    var teacherEndpoint: String { "ipc://\(folder)/teacher.ipc" }
    var dataFolder: String { folder + "/data" }

    /// Starts studentd on the stage's data, and waits until it answers. Its heartbeats are quick, so that a dead peer is seen soon.
    func student(_ arguments: String..., program: String = "studentd", before: [String] = []) async throws -> ChildProcess {
        let own = [
            "--endpoint", studentEndpoint, "--data", dataFolder, "--teacher", teacherEndpoint, "--heartbeat-ms", "200", "--http-port",
            "off", "--in-flight", "32",
        ]
        let child = try start(program, before + own + arguments)
        try await eventually("studentd is ready; \(child.errors)", within: .seconds(60)) { child.isReady || !child.isAlive }
        _ = try found(child.value(of: "ready"), "ready: \(child.errors)")
        return child
    }

    /// Starts a broker, whose workers dial in.
    func broker() throws -> ChildProcess {
        try start(
            "scripted-teacherd",
            [
                "serve", "--endpoint", teacherEndpoint, "--workers", "0", "--heartbeat-ms", "200", "--http-port", "off", "--cache-memory",
                "0",
            ])
    }

    func worker(delayMs: Int, _ name: String) throws -> ChildProcess {
        try start(
            "scripted-teacherd",
            ["worker", "--broker", teacherEndpoint, "--model", "delay-ms=\(delayMs)", "--slots", "8", "--worker-id", name])
    }

    /// A client of the student that waits for it to come back.
    func studentClient() throws -> RPCClient { try client(studentEndpoint) }
}

extension CatalogClient {
    /// Sends reviews in one call.
    func send(_ reviews: some Sequence<Review> & Sendable, options: CallOptions = CallOptions()) async throws -> IngestSummary {
        try await ingest(options: options) { writer in
            for review in reviews { try await writer.write(review.record) }
            writer.finish()
        }
    }

    func statistics() async throws -> Statistics {
        try await getStatistics(GetStatisticsRequest(), options: CallOptions(timeout: .seconds(20), waitForReady: true))
    }
}
