package import Logging
internal import ServiceLifecycle
package import Transport
internal import UnixSignals

/// Reads the allow-list again on SIGHUP: a key that is gone loses its connections, a new one may come in. A service to run beside the
/// server.
package struct AllowListReloader: Service {
    private let allowList: AllowListSource
    private let server: RPCServer
    private let logger: Logger
    private let hangups: UnixSignalsSequence

    /// From here on SIGHUP no longer ends the process: to be made before anybody can know that the server runs.
    package init(_ allowList: AllowListSource, of server: RPCServer, logger: Logger) async {
        hangups = await UnixSignalsSequence(trapping: .sighup)
        self.allowList = allowList
        self.server = server
        self.logger = logger
    }

    package func run() async throws {
        for await _ in hangups.cancelOnGracefulShutdown() {
            do {
                let gone = try allowList.reload()
                server.identitiesChanged()
                logger.notice(
                    "allow-list read again", metadata: ["keys": "\(allowList.current.count)", "keys.removed": "\(gone.count)"])
            } catch {
                logger.error("allow-list not changed", metadata: ["error": "\(error)"])
            }
        }
    }
}
