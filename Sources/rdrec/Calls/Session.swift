import RPC
import Transport
import Wire

/// A client for the time of one command.
struct Session: Sendable {
    let client: RPCClient
    private let options: ConnectionOptions
    /// Whether the command may wait for a server that is not there yet.
    var waits: Bool { options.wait }
    /// When the command must have ended, where `--timeout` says so.
    private let deadline: ContinuousClock.Instant?

    /// Runs `body` with a client, and ends client and socket thread whatever happens. Signals cancel it.
    /// - Throws: `CommandError`.
    static func run(
        _ options: ConnectionOptions, calling daemon: Daemon = .student, _ body: @escaping @Sendable (Session) async throws -> Void
    ) async throws {
        let configuration = try options.clientConfiguration(for: daemon)
        try await Interruption.cancels {
            let loop = SocketThread()
            defer { loop.close() }
            let client: RPCClient
            do {
                client = try RPCClient(configuration, loop: loop, logger: options.logger())
            } catch {
                throw CommandError(.usage, "\(error)")
            }
            let session = Session(client: client, options: options, deadline: options.timeout.map { .now + .seconds($0) })
            do {
                try await body(session)
                await client.close()
            } catch {
                await client.close()
                if let error = error as? RPCError { throw CommandError(error) }
                throw error
            }
        }
    }

    /// What the options say of a call that is made now.
    /// - Parameter isEndless: whether the call has no deadline unless the options give one.
    func callOptions(isEndless: Bool = false) -> CallOptions {
        let left = deadline.map { max(.zero, $0 - .now) }
        return CallOptions(
            timeout: left ?? (isEndless ? nil : ConnectionOptions.defaultTimeout), metadata: options.metadata,
            waitForReady: options.wait)
    }

    /// Throws DEADLINE_EXCEEDED when the command's time is over; never returns before.
    func waitForDeadline() async throws {
        guard let deadline else { return try await Task.sleep(for: .seconds(1 << 40)) }
        try await Task.sleep(until: deadline)
        throw RPCError(.deadlineExceeded, "the deadline passed")
    }
}
