internal import ArgumentParser
internal import Foundation
package import Logging
internal import Metrics
package import Prometheus
package import Transport

/// The process around a daemon: logging, metrics, the socket thread.
package enum DaemonProcess {
    /// What a daemon finds there.
    package struct Surroundings: Sendable {
        /// Outlives the daemon.
        package let loop: SocketThread
        /// That of the whole process.
        package let registry: PrometheusRegistry
        package let logger: Logger
    }

    /// Runs `body`, once in a process, and ends the socket thread behind it.
    ///
    /// - Parameters:
    ///   - name: of the logger.
    ///   - settings: told in the first line of the log.
    /// - Throws: `ExitCode`, after an error of `body` was logged.
    package static func run<Key: SettingKey>(
        _ name: String, _ operations: OperationsConfiguration, _ settings: LayeredSettings<Key>,
        _ body: (Surroundings) async throws -> Void
    ) async throws {
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = operations.logLevel
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

    /// What is wrong with a configuration is said as of a wrong argument, with exit status 64.
    ///
    /// - Parameters:
    ///   - given: on the command line; nil for what was not.
    ///   - make: the configuration out of the settings.
    /// - Throws: `ValidationError`.
    package static func configured<Key: SettingKey, Configuration>(
        _ given: [Key: String?], environment: [String: String], _ make: (LayeredSettings<Key>) throws -> Configuration
    ) throws -> (LayeredSettings<Key>, Configuration) {
        do {
            let settings = try LayeredSettings(commandLine: given.compactMapValues { $0 }, environment: environment)
            return (settings, try make(settings))
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// A line on standard output, for scripts that wait for it.
    @Sendable package static func announce(_ line: String) {
        print(line)
        fflush(nil)
    }
}
