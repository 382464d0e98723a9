import ArgumentParser
import RPC
import Transport
import Wire

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Tells the student that a user has taken an item.",
        discussion: """
            Prints how long the user's history is then. What is asked for afterwards sees it. A call that is lost on the way is made again \
            under the same idempotency key, so that nothing counts twice.
            """)

    @Argument(help: "The user's id.")
    var user: String

    @Argument(help: "The item's id.")
    var item: String

    @Option(help: ArgumentHelp("When, as 2024-02-29, 2024-02-29T12:30:00 or milliseconds; UTC. Default: now.", valueName: "time"))
    var time: String?

    @Flag(help: "Print rdrec.v1.RecordInteractionResponse as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws { _ = try moment() }

    private func moment() throws -> Int64 {
        guard let time else { return 0 }
        // 0 stands for no time.
        guard let moment = Moment.milliseconds(time), moment != 0 else {
            throw ValidationError("\(printable(time)) is no time such as 2024-02-29 or 2024-02-29T12:30:00.")
        }
        return moment
    }

    func run() async throws {
        let interaction = Interaction(userID: user, itemID: item, timestampMs: try moment())
        let (asJSON, output) = (json, Output())
        try await Session.run(connection) { session in
            let response = try await CatalogClient(session.client).recordInteraction(interaction, options: session.callOptions())
            let length = response.historyLength
            let line = "\(printable(interaction.userID)) has \(thousands(length)) \(length == 1 ? "interaction" : "interactions")"
            try await output.line(asJSON ? OwnJSON().text(of: response) : line)
        }
    }
}
