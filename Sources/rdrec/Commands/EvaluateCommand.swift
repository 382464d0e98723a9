import ArgumentParser
import RPC
import Transport
import Wire

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measures a version of the model on what training has not seen, and prints the report.",
        discussion: """
            Each tested user's last interaction is to be found among all items, or among some drawn at random with --negatives. The report \
            names protocol, split and indexing with its figures, and has the baselines of the same run.

            --robustness-… trains versions like this one on disturbed data, with and without rationales, and measures each: this takes as \
            many trainings.

            The job goes on by itself, also over a restart of the student: Ctrl-C ends the watching alone, and rdrec report prints the \
            report later.
            """)

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case validation
        case test
    }

    @Argument(help: "The version; rdrec models lists them. Default: the active one.")
    var version = ""

    @Option(help: "Which part of the split is to be found.")
    var split = Part.test

    @Option(help: ArgumentHelp("At how many items hits are counted. Default: 1,5,10.", valueName: "n,n"))
    var cutoffs: CommaList<UInt32>?

    @Flag(inversion: .prefixedNo, help: "Popularity, item neighbours and the id-order rule beside the model.")
    var baselines = true

    @Option(help: "Rank among so many items drawn at random instead of all; 0 = all.")
    var negatives: UInt32 = 0

    @Option(help: ArgumentHelp("Compare explanations with the reviews that were held back, of so many users.", valueName: "n"))
    var explainUsers: UInt32 = 0

    @Option(help: ArgumentHelp("Shares of interactions that are replaced by random ones, above 0 to 100.", valueName: "%,%"))
    var robustnessInteractions: CommaList<Double>?

    @Option(help: ArgumentHelp("Shares of rationales that are swapped between items, above 0 to 100.", valueName: "%,%"))
    var robustnessRationales: CommaList<Double>?

    @Option(help: ArgumentHelp("Of the trainings for robustness. Default: the version's.", valueName: "n,n"))
    var seeds: CommaList<UInt64>?

    @Flag(help: "Start the job, print its id, and leave it to itself.")
    var detach = false

    @OptionGroup var printing: ReportOptions

    @OptionGroup var watching: WatchOptions

    @OptionGroup var connection: ConnectionOptions

    private var isDisturbing: Bool { robustnessInteractions != nil || robustnessRationales != nil }

    func validate() throws {
        guard !(cutoffs?.values.contains(0) ?? false) else { throw ValidationError("--cutoffs takes numbers of 1 or more, as in 1,5,10.") }
        for shares in [robustnessInteractions, robustnessRationales].compactMap(\.self) {
            guard shares.values.allSatisfy({ $0 > 0 && $0 <= 100 }) else {
                throw ValidationError("--robustness-… takes percentages above 0 to 100, as in 10,20.")
            }
        }
        guard seeds == nil || isDisturbing else { throw ValidationError("--seeds goes with --robustness-….") }
        guard !detach || printing.out == nil else {
            throw ValidationError("--detach leaves no report behind yet: rdrec report JOB --out FOLDER writes it later.")
        }
    }

    private var request: StartEvaluationRequest {
        func shares(_ percent: CommaList<Double>?) -> [Double] { percent?.values.map { $0 / 100 } ?? [] }
        let robustness = Robustness(
            randomInteractions: shares(robustnessInteractions), swappedRationales: shares(robustnessRationales), seeds: seeds?.values ?? [])
        return StartEvaluationRequest(
            modelVersion: version, split: split.rawValue, cutoffs: cutoffs?.values ?? [], withBaselines: baselines,
            sampledNegatives: negatives, explainedUsers: explainUsers, robustness: isDisturbing ? robustness : nil)
    }

    func run() async throws {
        let (request, detach, printing, patience) = (request, detach, printing, watching.duration)
        let output = Output()
        if !detach { try printing.prepare() }
        try await Session.run(connection) { session in
            let job: Job
            do {
                job = try await JobsClient(session.client).startEvaluation(request, options: session.callOptions())
            } catch let error as RPCError {
                throw await CommandError(error, asking: session, for: request.modelVersion)
            }
            if detach { return try await output.line(of: job, asJSON: printing.json, isLast: true) }
            // What is printed is the report.
            Output.note("note: job \(printable(job.jobID)): rdrec report \(printable(job.jobID)) prints its report again")
            let ended = try await JobWatch(session: session, jobID: job.jobID, patience: patience, isKnown: true).ended()
            if ended.state == .succeeded {
                try await printing.show(job.jobID, session, output)
            } else {
                Output.note(ended.line)
            }
            try ended.requireSuccess()
        }
    }
}

/// Numbers with commas between them: `1,5,10`.
struct CommaList<Number: LosslessStringConvertible & Sendable>: ExpressibleByArgument, Sendable {
    let values: [Number]

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Number(String($0)) }
        values = numbers.compactMap(\.self)
        guard !values.isEmpty, values.count == numbers.count else { return nil }
    }
}
