import ArgumentParser
import RPC
import Transport
import Wire

struct DistillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "distill", abstract: "Has the student ask the teacher for the rationales that its training reviews lack.",
        discussion: "Prints the job's id. The job goes on by itself, also over a restart of the student.")

    @Option(help: "Reviews at most; 0 = all that lack a rationale.")
    var limit: UInt32 = 0

    @Flag(help: "Also those that failed for good before.")
    var retryFailed = false

    @Flag(help: "Watch the job until it ends, as rdrec jobs watch does.")
    var follow = false

    @OptionGroup var watching: WatchOptions

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let request = StartDistillationRequest(limit: limit, retryFailed: retryFailed)
        let (follow, patience, output) = (follow, watching.duration, Output())
        try await Session.run(connection) { session in
            let job = try await JobsClient(session.client).startDistillation(request, options: session.callOptions())
            try await output.line(printable(job.jobID))
            if follow { try await JobWatch(session: session, jobID: job.jobID, patience: patience, isKnown: true).run(output) }
        }
    }
}

/// How a job is watched.
struct WatchOptions: ParsableArguments {
    @Option(help: "Seconds to go on watching while the server does not answer.")
    var patience = 60.0

    func validate() throws {
        guard patience >= 0, patience <= 1e9 else { throw ValidationError("--patience takes seconds, 0 or more.") }
    }

    var duration: Duration { .seconds(patience) }
}
