import Daemons
import Foundation
import RPC
import Teacher
import Testing
import Transport

/// Settings: which counts, what is refused, and that all are told of.
struct ConfigurationTests {
    @Test("The command line counts before the environment, that before the file, and that before the default")
    func layers() throws {
        let file = try TemporaryFile("# of this machine\nslots = 5\nthreads = 3 # all but one\nmax-queued = 7\nmodel = /m.gguf\n")
        let environment = ["RDREC_TEACHERD_THREADS": "2", "RDREC_TEACHERD_MAX_QUEUED": "6", "RDREC_TEACHERD_CONFIG": file.path]
        let given: [TeacherKey: String] = [
            .maxQueued: "9", .endpoint: "ipc:///a.ipc,tcp://127.0.0.1:7", .insecure: "true", .kvMemory: "2GiB",
        ]
        let settings = try LayeredSettings(commandLine: given, environment: environment)
        let configuration = try TeacherConfiguration(settings, environment: environment)
        #expect(configuration.limits.maxQueued == 9)
        #expect(configuration.process.model.threads == 2)
        #expect(configuration.process.model.slots == 5 && configuration.process.model.path == "/m.gguf")
        #expect(configuration.process.model.keyValueBytes == 2 << 30)
        #expect(configuration.listener.endpoints.map(\.description) == ["ipc:///a.ipc", "tcp://127.0.0.1:7"])
        #expect(configuration.maxInFlight == 256 && configuration.hasWorker && configuration.process.operations.httpPort == 9_470)
        let told = settings.description
        #expect(told.contains("max-queued=9 (command line)") && told.contains("threads=2 (environment)") && told.contains("slots=5 (file)"))
    }

    @Test("The default model is in the user's cache folder")
    func defaultModel() throws {
        func path(_ environment: [String: String]) throws -> String {
            let settings = try LayeredSettings<TeacherKey>(commandLine: [.endpoint: "ipc:///a.ipc"], environment: environment)
            return try TeacherConfiguration(settings, environment: environment).process.model.path
        }
        #expect(try path(["HOME": "/me"]) == "/me/.cache/rdrec/models/SmolLM2-135M-Instruct.Q4_1.gguf")
        #expect(try path(["HOME": "/me", "XDG_CACHE_HOME": "/c"]) == "/c/rdrec/models/SmolLM2-135M-Instruct.Q4_1.gguf")
    }

    @Test(
        "What is out of range is refused, and the key is named",
        arguments: [
            (TeacherKey.slots, "0"), (.slots, "many"), (.threads, "-1"), (.kvMemory, "1KiB"), (.kvMemory, "2TiB"), (.workers, "2"),
            (.maxQueued, "98001"), (.cacheMemory, "x"), (.stallSeconds, "0"), (.drainSeconds, "inf"), (.httpPort, "65536"),
            (.logLevel, "loud"), (.chatTemplate, "none"), (.workerID, "a b"), (.insecure, "yes"), (.heartbeatMs, "1"),
            (.maxInFlight, "0"), (.maxQueuedBytes, "0"),
        ])
    func refused(_ key: TeacherKey, _ text: String) throws {
        let settings = try LayeredSettings<TeacherKey>(commandLine: [.endpoint: "ipc:///a.ipc", key: text], environment: [:])
        let error = try #require(throws: ConfigurationError.self) { try TeacherConfiguration(settings, environment: [:]) }
        #expect(error.description.contains(key.rawValue))
    }

    @Test(
        "A line of the file that sets nothing is refused, and named",
        arguments: ["slots", "slots =", "nothing = 1", "config = /f", "slots = 1\nslots = 2"])
    func badFile(_ text: String) throws {
        let file = try TemporaryFile(text)
        let error = try #require(throws: ConfigurationError.self) {
            try LayeredSettings<TeacherKey>(commandLine: [.config: file.path], environment: [:])
        }
        #expect(error.description.contains("line \(text.contains("\n") ? 2 : 1)"))
    }

    @Test("A worker needs a broker, and both keys of CURVE or none")
    func worker() throws {
        func configuration(_ given: [TeacherKey: String]) throws -> WorkerConfiguration {
            try WorkerConfiguration(LayeredSettings(commandLine: given, environment: [:]), environment: [:])
        }
        #expect(throws: ConfigurationError.self) { try configuration([:]) }
        #expect(throws: ConfigurationError.self) { try configuration([.broker: "inproc://x"]) }
        #expect(throws: ConfigurationError.self) { try configuration([.broker: "tcp://h:1", .keyFile: "k"]) }
        #expect(throws: SecurityError.self) { try configuration([.broker: "tcp://h:1"]) }
        #expect(try configuration([.broker: "ipc:///b.ipc"]).process.operations.httpPort == nil)
    }

    @Test("The operations page tells of every key")
    func documented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("Deploy/teacherd.md"), encoding: .utf8)
        for key in TeacherKey.allCases { #expect(page.contains("| `\(key.rawValue)` |"), "\(key.rawValue)") }
    }
}

/// A file with a text, until the test ends.
private final class TemporaryFile {
    let path: String

    init(_ text: String) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("rdrec-\(UInt64.random(in: 0 ... .max))").path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
