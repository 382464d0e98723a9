import ArgumentParser
import Glibc
import Logging
import RPC
import Transport
import Wire

/// Where the server is and how calls to it are made: options of every command that calls.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: """
            The server: ipc://PATH or tcp://HOST:PORT. Default: $RDREC_ENDPOINT, else student.ipc in the runtime directory; teacher.ipc \
            for the teacher's own commands.
            """)
    var endpoint: String?

    @Option(help: "Seconds until the command must have ended, as in 0.5. Default: 30, and no limit for streams.")
    var timeout: Double?

    @Option(help: ArgumentHelp("Sent with the call. May be repeated.", valueName: "key=value"), transform: Metadata.init(argument:))
    var metadata: [Metadata] = []

    @Flag(help: "Wait for the server, within the timeout, where it cannot be reached yet.")
    var wait = false

    @Option(help: "The longest message taken, in bytes: 1024 to 1073741824.")
    var maxMessageBytes = 4 << 20

    @Option(
        help: "Least level of what is logged to standard error: trace, debug, info, notice, warning, error, critical.",
        transform: Self.level)
    var logLevel: Logger.Level = .warning

    @OptionGroup(title: "Options for CURVE")
    var security: SecurityOptions

    /// Of everything that is not a stream, and says nothing.
    static let defaultTimeout = Duration.seconds(30)

    func validate() throws {
        if let timeout, !(timeout > 0 && timeout <= 1e9) { throw ValidationError("--timeout takes seconds above 0, as 0.5 or 30.") }
        guard (1_024...1 << 30).contains(maxMessageBytes) else {
            throw ValidationError("--max-message-bytes takes 1024 to 1073741824.")
        }
    }

    /// - Throws: `CommandError`.
    func clientConfiguration(for daemon: Daemon) throws(CommandError) -> ClientConfiguration {
        let endpoint: Endpoint
        do {
            let given = self.endpoint ?? environmentValue("RDREC_ENDPOINT")
            endpoint = try given.map { text throws(EndpointError) in try Endpoint(text) } ?? Self.defaultEndpoint(of: daemon)
            // Refused here, an endpoint that is only for servers is an argument that is wrong; later it would be a server that is away.
            if !endpoint.isInProcess { _ = try endpoint.connectText() }
        } catch {
            throw CommandError(.usage, "\(error)")
        }
        if endpoint.isInProcess { throw CommandError(.usage, "\(endpoint): inproc:// is inside one process: give ipc:// or tcp://") }
        var configuration = ClientConfiguration(endpoint: endpoint)
        configuration.security = try security.security(for: endpoint)
        configuration.connection.maxFrameBytes = maxMessageBytes
        return configuration
    }

    /// A daemon's of this user. A directory that somebody else could have made is refused: so might be the server in it.
    private static func defaultEndpoint(of daemon: Daemon) throws(EndpointError) -> Endpoint {
        var environment: [String: String] = [:]
        for name in ["RDREC_RUNTIME_DIR", "XDG_RUNTIME_DIR"] { environment[name] = environmentValue(name) }
        let path = try RuntimeDirectory.defaultPath(in: .ofProcess(environment: environment))
        if access(path, F_OK) == 0 { _ = try RuntimeDirectory(existing: path) }
        return try Endpoint(ipcPath: path + "/\(daemon.rawValue).ipc")
    }

    @Sendable private static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else { throw CommandError(.usage, "there is no such level") }
        return level
    }

    func logger() -> Logger {
        Logger(label: "rdrec") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = logLevel
            return handler
        }
    }
}

/// Whom a command calls where nothing else is said.
enum Daemon: String, Sendable {
    case student
    case teacher
}
