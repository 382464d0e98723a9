import ArgumentParser
import Glibc
import RPC
import Transport
import Wire

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Has the student train a new version of its model, and shows how far it is.",
        discussion: """
            Prints the job's id, then, when it has ended, its last line with the version that it made; what each epoch gave goes to standard \
            error. The job goes on by itself, also over a restart of the student: Ctrl-C ends the watching alone. Exits with 0 when there is \
            a version, with 1 when the job has failed or was cancelled.

            What is not given is as the preset has it.
            """)

    enum Indexing: String, ExpressibleByArgument, CaseIterable {
        case atomic
        case collaborative
        case digitsRandom = "digits-random"
        case digitsInOrder = "digits-in-order"
    }

    enum Activate: String, ExpressibleByArgument, CaseIterable {
        case auto
        case never
        case ifBetter = "if-better"
        case always

        var message: Activation {
            switch self {
            case .auto: .unspecified
            case .never: .never
            case .ifBetter: .ifBetter
            case .always: .always
            }
        }
    }

    @Option(help: ArgumentHelp("A named configuration of the student; a wrong one brings those there are.", valueName: "name"))
    var preset = ""

    @Option(help: "Epochs at most, 1 or more.")
    var epochs: UInt32?

    @Option(help: "Another number draws other samples and weights.")
    var seed: UInt64 = 0

    @Flag(help: "Leave all rationales out, to see what they are worth.")
    var withoutRationales = false

    @Flag(help: "Keep taking in rationales that arrive while training, as those of a distillation.")
    var follow = false

    @Option(
        help: ArgumentHelp(
            "Begin with a version's weights, or with a T5 checkpoint: a folder where the student runs.", valueName: "version|folder"))
    var from = ""

    @Option(
        help: ArgumentHelp("Shares of the tasks: explanation, sequential, rationales, top-N, as in 1:1:1:1.", valueName: "e:s:r:t"))
    var mixture: String?

    @Option(help: "How items are named. digits-in-order gives the answers of the test away, and is reported so.")
    var indexing: Indexing?

    @Option(help: "Epochs without a better validation after which it ends, 1 or more.")
    var patience: UInt32?

    @Option(help: "Tokens of one step, 1 or more.")
    var tokensPerStep: UInt32?

    @Option(help: "Whether the new version serves then: auto is as the student is configured, if-better by validation.")
    var activate = Activate.auto

    @Flag(help: "Start the job, and leave it to itself.")
    var detach = false

    @Option(help: ArgumentHelp("Seconds to go on watching while the server does not answer.", valueName: "seconds"))
    var watchPatience = 60.0

    @Flag(help: "Print rdrec.v1.Job as JSON: as it has ended; with --detach as it begins.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        for (name, value) in [("epochs", epochs), ("patience", patience), ("tokens-per-step", tokensPerStep)] where value == 0 {
            throw ValidationError("--\(name) takes 1 or more.")
        }
        guard mixture.map(Self.isMixture) ?? true else {
            throw ValidationError("--mixture takes four whole numbers up to 1000 that are not all 0, as in 1:1:1:1.")
        }
        guard watchPatience >= 0, watchPatience <= 1e9 else { throw ValidationError("--watch-patience takes seconds, 0 or more.") }
    }

    private static func isMixture(_ text: String) -> Bool {
        let shares = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        return shares.count == 4 && shares.allSatisfy { (0...1_000).contains($0) } && shares.contains { $0 > 0 }
    }

    private var request: StartTrainingRequest {
        StartTrainingRequest(
            preset: preset, maxEpochs: epochs ?? 0, seed: seed, withoutRationales: withoutRationales, followDistillation: follow,
            initialCheckpoint: Self.checkpoint(from), mixture: mixture ?? "", indexing: indexing?.rawValue ?? "", patience: patience ?? 0,
            tokensPerStep: tokensPerStep ?? 0, activation: activate.message)
    }

    /// A relative path is one of this process: the student has another working directory.
    private static func checkpoint(_ text: String) -> String {
        guard text.contains("/"), !text.hasPrefix("/"), let folder = getcwd(nil, 0) else { return text }
        defer { free(folder) }
        return "\(String(cString: folder))/\(text)"
    }

    func run() async throws {
        let (request, detach, asJSON, patience) = (request, detach, json, Duration.seconds(watchPatience))
        let output = Output()
        try await Session.run(connection) { session in
            let job: Job
            do {
                job = try await JobsClient(session.client).startTraining(request, options: session.callOptions())
            } catch let error as RPCError where !request.initialCheckpoint.isEmpty && !request.initialCheckpoint.contains("/") {
                throw await CommandError(error, asking: session, for: request.initialCheckpoint)
            }
            try await output.line(of: job, asJSON: asJSON, isLast: detach)
            if detach { return }
            try await JobWatch(session: session, jobID: job.jobID, patience: patience, isKnown: true).run(output, asJSON: asJSON)
        }
    }
}

extension Output {
    /// Names a job that has been started: its id, or the job as JSON where that is all that is printed.
    func line(of job: Job, asJSON: Bool, isLast: Bool) async throws {
        let id = printable(job.jobID)
        if asJSON, !isLast { return Self.note("note: job \(id)") }
        try await line(asJSON ? OwnJSON().text(of: job) : id)
    }
}
