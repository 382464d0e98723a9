/// What can be set of a program. A key is the name of an option (`--max-queued 100`), of a line in the configuration file
/// (`max-queued = 100`), and in capitals of an environment variable (`RDREC_TEACHERD_MAX_QUEUED=100`). The nearest counts: command line,
/// environment, file, default.
package protocol SettingKey: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    /// What the names of the program's environment variables begin with, as `RDREC_TEACHERD_`.
    static var variablePrefix: String { get }
    /// The configuration file: lines `key = value`, `#` begins a comment. Cannot be in the file itself.
    static var config: Self { get }
}

extension SettingKey {
    /// The environment variable.
    package var variable: String { Self.variablePrefix + rawValue.uppercased().replacing("-", with: "_") }
}

/// Keys that every daemon has.
package protocol DaemonSettingKey: SettingKey {
    /// Seconds that open calls may take at shutdown: 0 to 3,600. Default: 20.
    static var drainSeconds: Self { get }
    /// Port on 127.0.0.1 of /livez, /readyz and /metrics: 0 (any free one) to 65,535, or off.
    static var httpPort: Self { get }
    /// Least level of what is logged to standard error: trace, debug, info, notice, warning, error, critical. Default: notice.
    static var logLevel: Self { get }
    /// Key file of this process, for CURVE on tcp; `rdrec keygen` makes one.
    static var keyFile: Self { get }
    /// Where to listen, `ipc://PATH` or `tcp://HOST:PORT`; several with commas between. Default: a socket in the runtime directory.
    static var endpoint: Self { get }
    /// Who may connect by CURVE, a line a key; read again on SIGHUP.
    static var allowList: Self { get }
    /// Allow tcp on loopback without CURVE: true or false. Default: false.
    static var insecure: Self { get }
    /// Milliseconds between heartbeats of connections: 10 to 600,000. Default: 1000.
    static var heartbeatMs: Self { get }
}
