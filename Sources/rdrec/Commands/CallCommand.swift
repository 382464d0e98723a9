import ArgumentParser
import RPC
import Reflection
import Transport
import Wire

struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call", abstract: "Calls any method; requests and responses are JSON.",
        discussion: """
            Where the method takes a stream, each argument is a request, or each line of standard input as it comes. Where it returns a \
            stream, each response is printed on a line as it comes.

            JSON is protobuf's: names in lowerCamelCase, 64-bit integers as strings, bytes in base64, enums by name.
            """)

    @Argument(help: "The method, as in /rdrec.v1.Teacher/GetLoad.")
    var method: String

    @Argument(help: "The request's JSON. None, or -, reads standard input.")
    var request: [String] = []

    @Flag(help: "Print the response in many lines. Not for streams.")
    var pretty = false

    @Flag(help: "Print the trailers to standard error.")
    var trailers = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let (path, arguments, pretty, trailers) = (method, request, pretty, trailers)
        try await Session.run(connection) { session in
            let schema = try await ServerSchema.read(session)
            let entry = try schema.method(path)
            let method = entry.method
            if pretty && method.serverStreaming {
                throw CommandError(.usage, "--pretty is for one response, and \(method.path) returns a stream: a line a message")
            }
            let call = DynamicCall(
                session: session, pool: entry.pool, descriptor: method,
                requests: Requests(pool: entry.pool, type: method.inputType, arguments: arguments), output: Output(), isPretty: pretty,
                showsTrailers: trailers)
            do {
                try await call.run()
            } catch let error as RPCError {
                call.show(error.metadata)
                throw CommandError(error) { detail in try? entry.pool.json(detail.value, as: detail.type) }
            }
        }
    }
}
