import ChildProcesses
import DaemonStage
import RPC

typealias TeacherStage = DaemonStage

extension DaemonStage {
  var endpoint: String { "ipc://\(folder)/teacher.ipc" }

    /// Starts a program of this package.
    func start(_ arguments: [S

    /// Starts a program of this package.
    func start(_ arguments: [String], program: String = "scripted-teacherd") throws -> ChildProcess { try start(program, arguments) }

quick, so that a dead peer is seen soon.
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
    func client(_ endpoint: String? =

    /// A client in this process.
    func client(_ configure: (inout ClientConfiguration) -> Void = { _ in }) throws -> RPCClient { try client(endpoint, configure) }
}
