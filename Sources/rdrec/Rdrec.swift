import ArgumentParser
import Glibc

/// The command line of rdrec: arguments, a configuration made of them, a call.
@main
struct Rdrec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rdrec",
        abstract: "Calls the services of rdrec, or of any server that speaks its protocol.",
        discussion: """
            The schema of list and call comes from the server itself, so that they work on every method it serves. Data sets come in by \
            import, from the formats amazon, amazon-csv, p5, recbole, csv, jsonl and rationales.

            EXIT STATUS
              0     success
              1     health: the answer is not SERVING;
                    rationale --file: some reviews have no rationale;
                    import: some records are bad;
                    distill --follow, train, evaluate, jobs watch: not all
                    is done;
                    store check: there are faults
              10+N  the call failed with gRPC's status N: 11 CANCELLED,
                    13 INVALID_ARGUMENT, 14 DEADLINE_EXCEEDED, 15 NOT_FOUND,
                    17 PERMISSION_DENIED, 18 RESOURCE_EXHAUSTED,
                    19 FAILED_PRECONDITION, 22 UNIMPLEMENTED, 23 INTERNAL,
                    24 UNAVAILABLE
              64    the arguments, or a request's JSON, are wrong
              74    a file or a standard stream cannot be read or written
              128+N ended by signal N: 130 Ctrl-C, 141 nobody reads the output
            """,
        subcommands: [
            HealthCommand.self, ListCommand.self, CallCommand.self, RationaleCommand.self, RationalesCommand.self, CompleteCommand.self,
            ImportCommand.self, RecordCommand.self, StatsCommand.self, SplitCommand.self, DistillCommand.self, TrainCommand.self,
            ModelsCommand.self, ActivateCommand.self, RecommendCommand.self, RankCommand.self, ExplainCommand.self, EvaluateCommand.self,
            ReportCommand.self, JobsCommand.self, StoreCommand.self, KeygenCommand.self, SampleDataCommand.self,
        ])

    static func main() async {
        // A reader that has gone is told by write().
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as CommandError {
            if !error.message.isEmpty { Output.note("error: \(error.message)") }
            Glibc.exit(error.exitStatus)
        } catch {
            exit(withError: error)
        }
    }
}
