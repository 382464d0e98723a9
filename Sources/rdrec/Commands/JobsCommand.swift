import ArgumentParser
import RPC
import Transport
import Wire

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Lists the student's jobs, watches or cancels one.",
        subcommands: [List.self, Watch.self, Cancel.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints all jobs as a table.")

        @Flag(help: "Print rdrec.v1.Job as JSON, one a line.")
        var json = false

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            let (asJSON, output) = (json, Output())
            try await Session.run(connection) { session in
                let jobs = try await JobsClient(session.client).listJobs(ListJobsRequest(), options: session.callOptions()).jobs
                let json = OwnJSON()
                let lines =
                    try asJSON
                    ? jobs.map { try json.text(of: $0) } : aligned([Job.columns] + jobs.map(\.row), right: Job.numberColumns)
                for line in lines { try await output.line(line) }
            }
        }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows how far a job is until it ends; of a training, what each epoch gave.",
            discussion: """
                Exits with 0 when the job has done all of its work, with 1 when some of it or all has failed or it was cancelled. \
                Ctrl-C ends the watching, not the job.
                """)

        @Argument(help: "The job's id.")
        var id: String

        @OptionGroup var watching: WatchOptions

        @Flag(help: "Print rdrec.v1.Job as JSON, as it has ended.")
        var json = false

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            let (id, patience, asJSON, output) = (id, watching.duration, json, Output())
            try await Session.run(connection) { session in
                try await JobWatch(session: session, jobID: id, patience: patience).run(output, asJSON: asJSON)
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a job. Rationales that a distillation has brought stay; a training leaves nothing.")

        @Argument(help: "The job's id.")
        var id: String

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            let (request, output) = (GetJobRequest(jobID: id), Output())
            try await Session.run(connection) { session in
                try await output.line(JobsClient(session.client).cancelJob(request, options: session.callOptions()).line)
            }
        }
    }
}
