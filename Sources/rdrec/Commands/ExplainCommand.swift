import ArgumentParser
import RPC
import Transport
import Wire

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tells why an item may suit a user, in the model's words, and what speaks for it.",
        discussion: """
            The evidence is what teachers have written of training reviews: of each when, by whom, whose and of what, then the two sentences. \
            It is there also where no model can write.
            """)

    @Argument(help: "The user's id.")
    var user: String

    @Argument(help: "The item's id.")
    var item: String

    @Flag(help: "Print rdrec.v1.ExplainResponse as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let request = ExplainRequest(userID: user, itemID: item)
        let (asJSON, output) = (json, Output())
        try await Session.run(connection) { session in
            let found = try await RecommenderClient(session.client).explain(request, options: session.callOptions())
            if asJSON { return try await output.line(OwnJSON().text(of: found)) }
            for line in found.lines(width: Terminal.outputWidth) { try await output.line(line) }
            if found.modelVersion.isEmpty {
                let hint = await ModelHints.hint(session)
                Output.note("note: no model could write: \(hint ?? "the evidence is all that there is")")
            }
        }
    }
}
