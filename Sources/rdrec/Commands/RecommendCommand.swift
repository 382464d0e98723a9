import ArgumentParser
import RPC
import Transport
import Wire

struct RecommendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend", abstract: "Prints the next items for a user, or after a history, best first.",
        discussion: """
            The last line tells who chose: a version of the model, else the neighbours of the history's items, else popularity. Ids that \
            nobody knows are told on standard error.

            Options that take several ids take all that follow: give the user before them, or after --.
            """)

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case validation
        case test
    }

    @Argument(help: "The user's id.")
    var user: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("In place of a user: what somebody has taken, oldest first.", valueName: "item"))
    var history: [String] = []

    @Option(help: "Items at most, 1 or more.")
    var count: UInt32 = 10

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Leave these out.", valueName: "item"))
    var exclude: [String] = []

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Only items of one of these.", valueName: "category"))
    var category: [String] = []

    @Flag(help: "Also what the user has taken before.")
    var includeSeen = false

    @Flag(help: "Have the model say of each why.")
    var explain = false

    @Option(help: "From what the evaluation of validation, or of the test, knows of the user, who has to be one of those tested.")
    var asOf: Part?

    @Flag(help: "Print rdrec.v1.RecommendResponse as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (user == nil) != history.isEmpty else {
            throw ValidationError(
                "Give a user or --history, and not both. The user comes before options that take several ids, or after --.")
        }
        guard count > 0 else { throw ValidationError("--count takes 1 or more.") }
        guard asOf == nil || user != nil else { throw ValidationError("--as-of goes with a user.") }
    }

    func run() async throws {
        let request = RecommendRequest(
            subject: user.map { .userID($0) } ?? .history(History(itemIDs: history)), count: count, excludeItemIDs: exclude,
            includeSeen: includeSeen, explain: explain, categories: category, asOf: asOf?.rawValue ?? "")
        let (asJSON, output) = (json, Output())
        try await Session.run(connection) { session in
            let response = try await RecommenderClient(session.client).recommend(request, options: session.callOptions())
            try await response.print(to: output, asJSON: asJSON, session)
        }
    }
}
