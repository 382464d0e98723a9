import ArgumentParser
import RPC
import Transport
import Wire

struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Tells whether a server, or one service of it, takes calls.",
        discussion: "Prints SERVING, NOT_SERVING or SERVICE_UNKNOWN. Exits with 0 if it is SERVING, with 1 if not.")

    @Argument(help: "Full name of the service, as in rdrec.v1.Teacher. Default: the server as a whole.")
    var service = ""

    @Flag(help: "Go on, and print a line at each change.")
    var watch = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let request = HealthCheckRequest(service: service)
        let watch = watch
        let output = Output()
        try await Session.run(connection) { session in
            guard watch else {
                let status = try await session.client.unary(HealthMethods.check, request, options: session.callOptions()).status
                try await output.line("\(status)")
                if status != .serving { throw CommandError(.notServing) }
                return
            }
            try await session.client.serverStream(HealthMethods.watch, request, options: session.callOptions(isEndless: true)) { changes in
                for try await change in changes { try await output.line("\(change.status)") }
            }
        }
    }
}
