import ArgumentParser
import RPC
import Reflection
import Transport
import Wire

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Prints the methods that a server serves, one a line.",
        discussion: "As in: /rdrec.v1.Teacher/Complete  (CompleteRequest) -> stream CompleteChunk")

    @Argument(help: "Only methods whose path contains this: a service, a method, or a part of one.")
    var name: String?

    @Flag(help: "Say for each whether a client may repeat it, and print a request's JSON with every field at its default.")
    var verbose = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let (name, verbose) = (name, verbose)
        let output = Output()
        try await Session.run(connection) { session in
            let schema = try await ServerSchema.read(session)
            let served = schema.served(containing: name)
            if served.isEmpty, let name {
                throw CommandError(.usage, "the server serves no method whose path contains \(printable(name)): rdrec list shows all")
            }
            for (path, entry) in served {
                guard let entry else {
                    try await output.line("\(printable(path))  (unknown to the server's schema)")
                    continue
                }
                try await output.line(entry.method.line)
                if verbose { for line in Self.details(of: entry) { try await output.line("    " + line) } }
            }
        }
    }

    private static func details(of entry: ServerSchema.Entry) -> [String] {
        let repeats =
            switch entry.method.idempotencyLevel {
            case .unknown: "idempotency: unknown (never repeated by a client)"
            case .noSideEffects: "idempotency: NO_SIDE_EFFECTS (repeated after passing failures)"
            case .idempotent: "idempotency: IDEMPOTENT (repeated after passing failures)"
            }
        do {
            return [repeats] + (try entry.pool.template(of: entry.method.inputType)).split(separator: "\n").map(String.init)
        } catch {
            return [repeats, "no JSON: \(error)"]
        }
    }
}
