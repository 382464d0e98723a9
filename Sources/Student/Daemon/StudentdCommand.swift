internal import ArgumentParser
internal import Daemons
internal import Foundation
internal import UnixSignals

/// `studentd`: its arguments, and the process around the daemon.
package struct StudentArguments: ParsableArguments {
    @OptionGroup var operations: OperationsArguments

    @OptionGroup var listener: ListenerArguments

    @Option(help: "Directory of the store and the models; made where it is not there.")
    var data: String?

    @Option(help: "A teacher that writes rationales: ipc://PATH or tcp://HOST:PORT; none = no distillation. May be repeated.")
    var teacher: [String] = []

    @Option(help: "The teachers' public key, for CURVE on tcp: 40 characters of Z85.")
    var teacherKey: String?

    @Option(help: "Reviews that are at one teacher at a time.")
    var inFlight: String?

    @Option(help: "Seconds without an answer, while reviews are at a teacher, after which its call is given up.")
    var teacherSilenceSeconds: String?

    @OptionGroup var serving: ServingArguments

    package init() {}

    /// Serves until SIGTERM or SIGINT.
    /// - Parameter loader: what reads versions of the student, by the threads that the configuration gives to serving.
    package func run(loader: (StudentConfiguration) throws -> VersionLoader) async throws {
        let own: [StudentKey: String?] = [
            .data: data, .teacher: teacher.isEmpty ? nil : teacher.joined(separator: ","), .teacherKey: teacherKey, .inFlight: inFlight,
            .teacherSilence: teacherSilenceSeconds,
        ]
        let environment = ProcessInfo.processInfo.environment
        let given = [listener.given(), serving.given, own].reduce(operations.given()) { $0.merging($1) { $1 } }
        let (settings, configuration) = try DaemonProcess.configured(given, environment: environment) {
            try StudentConfiguration($0, environment: environment)
        }
        try await DaemonProcess.run("studentd", configuration.operations, settings) { surroundings in
            let daemon = try await StudentDaemon(
                configuration, loader: loader(configuration), loop: surroundings.loop, registry: surroundings.registry,
                logger: surroundings.logger,
                announce: DaemonProcess.announce)
            try await daemon.run(until: [.sigterm, .sigint])
        }
    }
}
