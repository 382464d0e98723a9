import ArgumentParser
import Glibc
import RPC
import Transport
import Wire

struct RationaleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rationale", abstract: "Has the teacher read reviews, and prints or writes why their users took the items.",
        discussion: """
            With a text: prints two sentences, what the user prefers and what the item offers.

            With --file: each line is a review as JSON, {"reviewId": …, "userId": …, "itemId": …, "text": …, "summary": …, "rating": …, \
            "timestampMs": …}; one without an id gets userId|itemId|timestampMs. Each rationale is added to --out as a line, in the order in \
            which they are finished. The command can be stopped and started again at any time: reviews whose rationale is in --out already \
            are left out. Reviews that fail are written to OUT.failed.jsonl with the status and tried again by the next start.
            """)

    @Argument(help: "The review; - reads standard input.")
    var text: String?

    @Option(help: ArgumentHelp("A file of reviews instead.", valueName: "reviews.jsonl"))
    var file: String?

    @Option(help: ArgumentHelp("Where their rationales go.", valueName: "rationales.jsonl"))
    var out: String?

    @Option(help: "With --file: reviews that are at the teacher at the same time, 1 to 65536.")
    var inFlight = 256

    @Option(help: "With --file: seconds to go on trying while a server that has answered does not any more.")
    var patience = 60.0

    @Flag(help: "Print the rationale as JSON, with its provenance.")
    var json = false

    @OptionGroup(title: "Options for sampling") var sampling: SamplingOptions

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (text == nil) != (file == nil) else { throw ValidationError("Give a review's text, or --file and --out.") }
        guard (file == nil) == (out == nil) else { throw ValidationError("--file and --out go together.") }
        guard !json || text != nil else { throw ValidationError("--json is for one text: what goes to --out is JSON.") }
        guard (1...65_536).contains(inFlight) else { throw ValidationError("--in-flight takes 1 to 65536.") }
        guard patience >= 0, patience <= 1e9 else { throw ValidationError("--patience takes seconds, 0 or more.") }
    }

    func run() async throws {
        if let file, let out {
            try await writeAll(of: file, to: out)
        } else if let text {
            try await printOne(text == "-" ? StandardInput().text() : text)
        }
    }

    // MARK: One

    private func printOne(_ text: String) async throws {
        let request = GenerateRationaleRequest(review: Review(text: text), sampling: sampling.message, priority: .interactive)
        let (json, output) = (json, Output())
        try await Session.run(connection, calling: .teacher) { session in
            let response = try await TeacherClient(session.client).generateRationale(request, options: session.callOptions())
            switch response.outcome {
            case .rationale(let rationale) where json: try await output.line(OwnJSON().text(of: rationale))
            case .rationale(let rationale):
                for sentence in [rationale.userPreference, rationale.itemAttributes] { try await output.line(printable(sentence)) }
            case .error(let error): throw RPCError(StatusCode(wireValue: error.status), error.message)
            case nil: throw RPCError(.internal, "the response has neither a rationale nor an error")
            }
        }
    }

    // MARK: Many

    private func writeAll(of file: String, to out: String) async throws {
        let options = RationaleJob.Options(sampling: sampling.message, inFlight: inFlight, patience: .seconds(patience))
        let failuresPath = out + ".failed.jsonl", output = Output()
        try RationaleFile.requireDifferent(file, out)
        try await Session.run(connection, calling: .teacher) { session in
            let json = OwnJSON()
            let rationales = try await RationaleFile.open(out, json: json)
            let reviews = try await ReviewFile.open(file, done: rationales.done, json: json)
            // Those of the last start are to be tried again.
            unlink(failuresPath)
            var counts = RationaleJob.Counts()
            if reviews.census.toDo > 0 {
                let job = RationaleJob(
                    session, options, json: json, reviews: reviews, rationales: rationales.file, failuresPath: failuresPath)
                counts = try await job.run()
            }
            let census = reviews.census
            try await output.line(
                "written \(counts.written), failed \(counts.failed), there before \(census.done), with an id that was there \(census.repeated)"
            )
            if counts.failed > 0 {
                throw CommandError(.incomplete, "\(counts.failed) reviews have no rationale: \(printable(failuresPath)) tells why")
            }
        }
    }
}
