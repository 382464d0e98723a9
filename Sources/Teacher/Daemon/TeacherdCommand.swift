package import ArgumentParser
internal import Daemons
internal import Foundation
internal import UnixSignals

/// `teacherd serve`: its arguments, and the process around the daemon. Programs differ in how they load a model alone.
package struct ServeArguments: ParsableArguments {
    @OptionGroup package var shared: SharedArguments

    @OptionGroup var listener: ListenerArguments

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

    package init() {}

    /// Serves until SIGTERM or SIGINT.
    package func run(_ loader: @escaping ModelLoader) async throws {
        let own: [TeacherKey: String?] = [
            .workers: workers, .maxQueued: maxQueued, .maxQueuedBytes: maxQueuedBytes, .maxInFlight: maxInFlight, .cacheMemory: cacheMemory,
        ]
        let environment = ProcessInfo.processInfo.environment
        let given = shared.given.merging(listener.given()) { $1 }.merging(own) { $1 }
        let (settings, configuration) = try DaemonProcess.configured(given, environment: environment) {
            try TeacherConfiguration($0, environment: environment)
        }
        try await DaemonProcess.run("teacherd", configuration.process.operations, settings) { surroundings in
            let daemon = try TeacherDaemon(
                configuration, loader: loader, loop: surroundings.loop, registry: surroundings.registry, logger: surroundings.logger,
                announce: DaemonProcess.announce)
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
        let given = shared.given.merging([.broker: broker, .serverKey: serverKey]) { $1 }
        let (settings, configuration) = try DaemonProcess.configured(given, environment: environment) {
            try WorkerConfiguration($0, environment: environment)
        }
        try await DaemonProcess.run("teacherd-worker", configuration.process.operations, settings) { surroundings in
            let daemon = try WorkerDaemon(
                configuration, loader: loader, loop: surroundings.loop, registry: surroundings.registry, logger: surroundings.logger,
                announce: DaemonProcess.announce)
            try await daemon.run(until: [.sigterm, .sigint])
        }
    }
}

/// Arguments of both commands. Texts, since the same value may come from the environment or the file; `TeacherKey` documents each.
package struct SharedArguments: ParsableArguments {
    @OptionGroup var operations: OperationsArguments

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

    @Option(help: "Seconds without progress after which the engine counts as stalled.")
    var stallSeconds: String?

    package init() {}

    /// What was given of them; nil for what was not.
    var given: [TeacherKey: String?] {
        let own: [TeacherKey: String?] = [
            .model: model, .threads: threads, .slots: slots, .kvMemory: kvMemory, .chatTemplate: chatTemplate, .promptFile: promptFile,
            .workerID: workerID, .stallSeconds: stallSeconds,
        ]
        return operations.given().merging(own) { $1 }
    }
}
