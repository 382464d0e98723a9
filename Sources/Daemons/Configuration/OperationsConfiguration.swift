package import Logging
package import RPC
package import ServiceLifecycle
package import UnixSignals

/// What every daemon has to know of its own process: what it tells those who run it, and how it ends.
package struct OperationsConfiguration: Sendable {
    /// That open work may take at shutdown.
    package var drainBudget: Duration
    /// Of ``OperationsServer``; nil without HTTP.
    package var httpPort: UInt16?
    package var logLevel: Logger.Level

    /// From the signal to the end of the process, whatever hangs: the drain, then farewells and the last step of an engine.
    package var shutdownBudget: Duration { drainBudget + .seconds(20) }
    /// Then, from the cancellation of everything: what hangs even so ends with the process, by a trap.
    package static let cancellationBudget: Duration = .seconds(10)

    /// - Parameter defaultPort: nil for no HTTP unless it is asked for.
    /// - Throws: what is wrong, in words that name the key.
    package init<Key: DaemonSettingKey>(_ settings: LayeredSettings<Key>, defaultPort: UInt16?) throws(ConfigurationError) {
        drainBudget = try settings.seconds(.drainSeconds, 0...3_600, default: 20)
        switch settings[.httpPort] {
        case "off": httpPort = nil
        case nil: httpPort = defaultPort
        case let text?:
            guard let port = UInt16(text) else {
                throw ConfigurationError("\(Key.httpPort.rawValue) is \(text); it takes 0 to 65535, or off")
            }
            httpPort = port
        }
        let level = settings[.logLevel] ?? "notice"
        guard let known = Logger.Level(rawValue: level) else {
            let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError("\(Key.logLevel.rawValue) is \(level); it takes one of \(names)")
        }
        logLevel = known
    }

    /// What runs in the process, in the order of need: the last is the first to be shut down.
    package func group(_ services: [any Service], until signals: [UnixSignal], logger: Logger) -> ServiceGroup {
        var group = ServiceGroupConfiguration(
            services: services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }, gracefulShutdownSignals: signals,
            logger: logger)
        group.maximumGracefulShutdownDuration = shutdownBudget
        group.maximumCancellationDuration = Self.cancellationBudget
        return ServiceGroup(configuration: group)
    }
}
