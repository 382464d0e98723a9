internal import ArgumentParser

/// Options that every daemon's process has. Texts, since the same value may come from the environment or the file; `DaemonSettingKey`
/// documents each.
package struct OperationsArguments: ParsableArguments {
    @Option(help: "Configuration file with lines key = value; each option is a key.")
    var config: String?

    @Option(help: "This process's key file, for CURVE on tcp (rdrec keygen makes one).")
    var keyFile: String?

    @Option(help: "Seconds that open work may take at shutdown.")
    var drainSeconds: String?

    @Option(help: "Port on 127.0.0.1 of /livez, /readyz and /metrics; 0 = any, off = none.")
    var httpPort: String?

    @Option(help: "Least level of what is logged to standard error.")
    var logLevel: String?

    package init() {}

    /// What was given of them; nil for what was not.
    package func given<Key: DaemonSettingKey>() -> [Key: String?] {
        [.config: config, .keyFile: keyFile, .drainSeconds: drainSeconds, .httpPort: httpPort, .logLevel: logLevel]
    }
}

/// Options of a daemon that listens, in the same way.
package struct ListenerArguments: ParsableArguments {
    @Option(help: "Where to listen: ipc://PATH or tcp://HOST:PORT (port 0 = any). May be repeated.")
    var endpoint: [String] = []

    @Flag(help: "Allow tcp on loopback without CURVE.")
    var insecure = false

    @Option(help: "Who may connect by CURVE, a line a key; read again on SIGHUP.")
    var allowList: String?

    @Option(help: "Milliseconds between heartbeats.")
    var heartbeatMs: String?

    package init() {}

    /// What was given of them; nil for what was not.
    package func given<Key: DaemonSettingKey>() -> [Key: String?] {
        [
            .endpoint: endpoint.isEmpty ? nil : endpoint.joined(separator: ","), .insecure: insecure ? "true" : nil,
            .allowList: allowList, .heartbeatMs: heartbeatMs,
        ]
    }
}
