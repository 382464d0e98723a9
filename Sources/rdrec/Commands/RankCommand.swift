import ArgumentParser
import RPC
import Transport
import Wire

struct RankCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rank", abstract: "Puts items in the order in which they suit a user, or a history.",
        usage: """
            rdrec rank <user> <item> ... [--count <count>]
            rdrec rank <item> ... --history <item> ... [--count <count>]
            """,
        discussion: "Prints what rdrec recommend does. --history takes all ids that follow: give the items before it, or after --.")

    @Argument(help: ArgumentHelp("The user's id, unless there is --history; and the items' ids.", valueName: "id"))
    var ids: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("In place of a user: what somebody has taken, oldest first.", valueName: "item"))
    var history: [String] = []

    @Option(help: "Items at most; 0 = all.")
    var count: UInt32 = 0

    @Flag(help: "Have the model say of each why.")
    var explain = false

    @Flag(help: "Print rdrec.v1.RecommendResponse as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard ids.count >= (history.isEmpty ? 2 : 1) else {
            throw ValidationError(
                history.isEmpty ? "Give a user and items, or items and --history." : "Give the items before --history, or after --.")
        }
    }

    func run() async throws {
        let subject: RankRequest.Subject = history.isEmpty ? .userID(ids[0]) : .history(History(itemIDs: history))
        let items = history.isEmpty ? Array(ids.dropFirst()) : ids
        let request = RankRequest(subject: subject, candidateItemIDs: items, count: count, explain: explain)
        let (asJSON, output) = (json, Output())
        try await Session.run(connection) { session in
            let response = try await RecommenderClient(session.client).rank(request, options: session.callOptions())
            try await response.print(to: output, asJSON: asJSON, session)
        }
    }
}
