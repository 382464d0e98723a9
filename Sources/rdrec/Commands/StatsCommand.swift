import ArgumentParser
import RPC
import Transport
import Wire

struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Tells how much the student has, and how it is split.",
        discussion: """
            pending are reviews of the training split that have a text and no rationale yet, failed those that a teacher failed on for good.
            """)

    @Flag(help: "Print rdrec.v1.Statistics as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let (asJSON, output) = (json, Output())
        try await Session.run(connection) { session in
            let statistics = try await CatalogClient(session.client)
                .getStatistics(GetStatisticsRequest(), options: session.callOptions())
            for line in asJSON ? [try OwnJSON().text(of: statistics)] : statistics.lines { try await output.line(line) }
        }
    }
}
