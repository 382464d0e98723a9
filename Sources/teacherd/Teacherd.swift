import ArgumentParser
import Teacher

/// The teacher's daemon: arguments, a configuration made of them, a broker or a worker with the language model of a file.
@main
struct Teacherd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "teacherd",
        abstract: "Reads reviews with a language model and writes rationales.",
        discussion: """
            Every option can also be set by an environment variable (--max-queued by RDREC_TEACHERD_MAX_QUEUED) or in the file of --config
            (max-queued = 100). The command line counts before the environment, and that before the file.

            Standard output tells what the process does: `listening ENDPOINT`, `http PORT`, `ready` when requests are answered. SIGTERM ends
            it in good order.
            """,
        subcommands: [Serve.self, Work.self], defaultSubcommand: Serve.self)

    struct Serve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serves rdrec.v1.Teacher, with a worker inside or for workers that dial in.")
        @OptionGroup var arguments: ServeArguments

        func run() async throws { try await arguments.run(loadEngine) }
    }

    struct Work: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "worker", abstract: "Takes work from the broker of another teacherd, on this machine or another.")
        @OptionGroup var arguments: WorkerArguments

        func run() async throws { try await arguments.run(loadEngine) }
    }
}
