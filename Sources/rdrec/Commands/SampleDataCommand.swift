import ArgumentParser
import SampleShop

struct SampleDataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample-data", abstract: "Makes the reviews and articles of a shop that never was, to try everything with.",
        discussion: """
            Its customers choose by hidden preferences, by what they bought last, by popularity and by chance; their reviews tell of it. \
            The same numbers make the same files on every machine:

            reviews.jsonl   rdrec.v1.Review a line, in the order of time
            items.jsonl     rdrec.v1.Item a line
            truth.json      how often the last purchase can be found at best, by the planted model itself, and by popularity; what is hidden
            """)

    @Option(help: "Customers, 1 to 1000000; each buys 5 to 30 things.")
    var users = 2_000

    @Option(help: "Articles, 60 to 100000.")
    var items = 500

    @Option(help: "Another number makes another shop.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("A new or empty folder for the files.", valueName: "folder"))
    var out: String

    @Flag(help: "Write into the folder although there is something in it.")
    var force = false

    func validate() throws {
        guard Shop.userCounts.contains(users) else { throw ValidationError("--users takes 1 to 1000000.") }
        guard Shop.itemCounts.contains(items) else { throw ValidationError("--items takes 60 to 100000.") }
    }

    func run() async throws {
        let (users, items, seed, out, force, output) = (users, items, seed, out, force, Output())
        try await Interruption.cancels {
            let truth = try await BlockingQueue("sample-data").run {
                let folder = try SampleDataFolder(out, isForced: force)
                return try folder.write(Shop(users: users, items: items, seed: seed), json: OwnJSON())
            }
            try await output.line("\(thousands(truth.interactionCount)) reviews of \(thousands(users)) users and \(thousands(items)) items")
            let ten = RankingScore.cutoffs.count - 1
            try await output.line(
                "HR@10 of the last purchase: \(decimal(truth.best.hitRate(ten), 3)) at best, "
                    + "\(decimal(truth.popularity.hitRate(ten), 3)) by popularity")
        }
    }
}
