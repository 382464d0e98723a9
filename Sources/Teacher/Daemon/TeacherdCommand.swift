package import ArgumentParser
internal import Foundation
internal import Logging
internal import Metrics
internal import Prometheus
internal import RPC
internal import Transport
internal import UnixSignals

/// `teacherd serve`: its arguments, and the process around the daemon. Programs differ in how they load a model alone.
package struct ServeArguments: ParsableArguments {
    @OptionGroup package var shared: SharedArguments

    @Option(help: "Where to listen: ipc://PATH or tcp://HOST:PORT (port 0 = any). May be repeated.")
    var endpoint: [String] = []

    @Option(help: "Workers in this process: 0 or 1.")
    var workers: String?

    @Option(help: "Requests that may wait for a slot.")
    var maxQueued: String?

    @Option(help: "Texts of the requests without an answer, as in 256MiB.")
    var maxQueuedBytes: String?

    @Option(help: "Requests that one stream may have queued and running.")
    var maxInFlight: String?

    @Option(help: "Memory of finished rationales, as in 64MiB; 0 keeps none.")
    var cacheMemory: String?

    @Flag(help: "Allow tcp on loopback without CURVE.")
    var insecure = false

    @Option(help: "Who may connect by CURVE, a line a key; read again on SIGHUP.")
    var allowList: String?

    @Option(help: "Milliseconds between heartbeats.")
    var heartbeatMs: String?

    package init() {}

    /// Serves until SIGTERM or SIGINT.
    package func run(_ loader: @escaping ModelLoader) async throws {
        let given: [TeacherKey: String?] = [
            .endpoint: endpoint.isEmpty ? nil : endpoint.joined(separator: ","), .workers: workers, .maxQueued: maxQueued,
            .maxQueuedBytes: maxQueuedBytes, .maxInFlight: maxInFlight, .cacheMemory: cacheMemory, .insecure: insecure ? "true" : nil,
            .allowList: allowList, .heartbeatMs: heartbeatMs,
        ]
        let environment = ProcessInfo.processInfo.environment
        let (settings, configuration) = try shared.configured(given, environment) {
            try TeacherConfiguration($0, environment: environment)
        }
        try await TeacherdProcess.run("teacherd", configuration.process, settings) { surroundings in
            let daemon = try TeacherDaemon(
                configuration, loader: loader, loop: surroundings.loop, registry: surroundings.registry, logger: surroundings.logger,
                announce: TeacherdProcess.announce)
            try await daemon.run(until: [.sigterm, .sigint])
        }
    }
}

/// `teacherd worker`: its arguments, and the process around the worker.
package struct WorkerArguments: ParsableArguments {
    @OptionGroup package var shared: SharedArguments

    @Option(help: "The broker to take work from: ipc://PATH or tcp://HOST:PORT.")
    var broker: String?

    @Option(help: "The broker's public key, for CURVE: 40 characters of Z85.")
    var serverKey: String?

    package init() {}

    /// Works until SIGTERM or SIGINT.
    package func run(_ loader: @escaping ModelLoader) async throws {
        let environment = ProcessInfo.processInfo.environment
        let (settings, configuration) = try shared.configured([.broker: broker, .serverKey: serverKey], environment) {
            try WorkerConfiguration($0, environment: environment)
        }
        try await TeacherdProcess.run("teacherd-worker", configuration.process, settings) { surroundings in
            let daemon = try WorkerDaemon(
                configuration, loader: loader, loop: surroundings.loop, registry: surroundings.registry, logger: surroundings.logger,
                announce: TeacherdProcess.announce)
            try await daemon.run(until: [.sigterm, .sigint])
        }
    }
}

/// Arguments of both commands. Texts, since the same value may come from the environment or the file; `TeacherKey` documents each.
package struct SharedArguments: ParsableArguments {
    @Option(help: "Configuration file with lines key = value; each option is a key.")
    var config: String?

    @Option(help: "The model, a GGUF file. Default: the one that Deploy/fetch-model.sh fetches.")
    var model: String?

    @Option(help: "Threads of the kernels; 0 = one a core.")
    var threads: String?

    @Option(help: "Requests that are written at a time.")
    var slots: String?

    @Option(help: "Memory of keys and values, as in 512MiB.")
    var kvMemory: String?

    @Option(help: "Family of the chat template, in place of the file's.")
    var chatTemplate: String?

    @Option(help: "File with another wording of the rationale's prompt.")
    var promptFile: String?

    @Option(help: "Name of this process's worker.")
    var workerID: String?

    @Option(help: "This process's key file, for CURVE on tcp (rdrec keygen makes one).")
    var keyFile: String?

    @Option(help: "Seconds without progress after which the engine counts as stalled.")
    var stallSeconds: String?

    @Option(help: "Seconds that open work may take at shutdown.")
    var drainSeconds: String?

    @Option(help: "Port on 127.0.0.1 of /livez, /readyz and /metrics; 0 = any, off = none.")
    var httpPort: String?

    @Option(help: "Least level of what is logged to standard error.")
    var logLevel: String?

    package init() {}

    /// What is wrong with a configuration is said as of a wrong argument, with exit status 64.
    func configured<Configuration>(
        _ own: [TeacherKey: String?], _ environment: [String: String], _ make: (LayeredSettings) throws -> Configuration
    ) throws -> (LayeredSettings, Configuration) {
        let given: [TeacherKey: String?] = [
            .config: config, .model: model, .threads: threads, .slots: slots, .kvMemory: kvMemory, .chatTemplate: chatTemplate,
            .promptFile: promptFile, .workerID: workerID, .keyFile: keyFile, .stallSeconds: stallSeconds, .drainSeconds: drainSeconds,
            .httpPort: httpPort, .logLevel: logLevel,
        ]
        do {
            let settings = try LayeredSettings(
                commandLine: given.merging(own) { $1 }.compactMapValues { $0 }, environment: environment)
            return (settings, try make(settings))
        } catch {
            throw ValidationError("\(error)")
        }
    }
}

/// The process around a daemon: logging, metrics, the socket thread.
enum TeacherdProcess {
    struct Surroundings {
        let loop: SocketThread
        let registry: PrometheusRegistry
        let logger: Logger
    }

    static func run(
        _ name: String, _ process: ProcessConfiguration, _ settings: LayeredSettings, _ body: (Surroundings) async throws -> Void
    ) async throws {
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = process.logLevel
            return handler
        }
        let logger = Logger(label: name)
        logger.notice("configured", metadata: ["settings": "\(settings.description.isEmpty ? "defaults" : settings.description)"])
        let loop = SocketThread()
        defer { loop.close() }
        do {
            try await body(Surroundings(loop: loop, registry: registry, logger: logger))
        } catch {
            logger.critical("ended by an error", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }

    /// A line on standard output, for scripts that wait for it.
    @Sendable static func announce(_ line: String) {
        print(line)
        fflush(nil)
    }
}
