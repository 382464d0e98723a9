import ArgumentParser
import RPC
import Transport
import Wire

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Prints what an evaluation that has ended has found.")

    @Argument(help: "The job's id.")
    var job: String

    @OptionGroup var printing: ReportOptions

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let (job, printing, output) = (job, printing, Output())
        try await Session.run(connection) { session in try await printing.show(job, session, output) }
    }
}

/// How a report is printed, and where its files go.
struct ReportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A new or empty folder for all files of the report, its curves too.", valueName: "folder"))
    var out: String?

    @Flag(help: "Write into the folder although there is something in it; files of the same names are replaced.")
    var force = false

    @Flag(help: "Print the report as JSON.")
    var json = false

    func validate() throws {
        guard !force || out != nil else { throw ValidationError("--force goes with --out.") }
    }

    /// Also before long work that the report is of: a folder that cannot be used is told at once.
    /// - Throws: `CommandError`.
    func prepare() throws(CommandError) {
        if let out { try OutputFolder.prepare(out, isForced: force) }
    }

    /// - Throws: `RPCError` for a job without a report; `CommandError`.
    func show(_ job: String, _ session: Session, _ output: Output) async throws {
        let report = try await JobsClient(session.client).getReport(GetJobRequest(jobID: job), options: session.callOptions())
        let files = ReportFiles(report)
        if let out {
            try prepare()
            try await files.write(to: out)
        }
        try await files.print(to: output, asJSON: json)
    }
}
