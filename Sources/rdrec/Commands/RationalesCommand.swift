import ArgumentParser
import RPC
import Transport
import Wire

struct RationalesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rationales", abstract: "Shows rationales that the student has, or measures a file of them.",
        subcommands: [ShowRationalesCommand.self, QualityCommand.self], defaultSubcommand: ShowRationalesCommand.self)
}

struct ShowRationalesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Prints what was written of one item's reviews, or of one user's.",
        discussion: "Of each, in the order of the interactions: when, by whom, of what, the split's part; then the two sentences.")

    @Option(help: ArgumentHelp("Of this item's reviews.", valueName: "id"))
    var item: String?

    @Option(help: ArgumentHelp("Of this user's reviews.", valueName: "id"))
    var user: String?

    @Flag(help: "Only what training may see by the current split.")
    var trainingOnly = false

    @Flag(help: "Print rdrec.v1.StoredRationale as JSON, one a line.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (item == nil) != (user == nil) else { throw ValidationError("Give --item or --user.") }
    }

    func run() async throws {
        let request = ListRationalesRequest(
            subject: item.map { .itemID($0) } ?? .userID(user ?? ""), trainingOnly: trainingOnly)
        let asJSON = json, output = Output()
        try await Session.run(connection) { session in
            let json = OwnJSON(), options = session.callOptions(isEndless: true)
            let count = try await CatalogClient(session.client).listRationales(request, options: options) { rationales in
                var count = 0
                for try await stored in rationales {
                    count += 1
                    for line in asJSON ? [try json.text(of: stored)] : stored.lines { try await output.line(line) }
                }
                return count
            }
            if count == 0 { Output.note("note: there are none") }
        }
    }
}

extension StoredRationale {
    /// For people.
    fileprivate var lines: [String] {
        let rationale = rationale ?? Rationale()
        let head = "\(Moment.text(timestampMs))  user \(rationale.userID)  item \(rationale.itemID)  \(part.words)"
        return [head, "  " + rationale.userPreference, "  " + rationale.itemAttributes].map(printable)
    }
}

extension SplitPart {
    fileprivate var words: String {
        switch self {
        case .training: "training"
        case .validation: "validation"
        case .test: "test"
        case .leftOut: "left out"
        default: "in no split yet"
        }
    }
}
