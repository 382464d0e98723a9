import ArgumentParser
import Student

/// The student's daemon: arguments, and a configuration made of them.
@main
struct Studentd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "studentd",
        abstract: "Keeps what the shop knows, and has teachers write rationales of its reviews.",
        discussion: """
            Every option can also be set by an environment variable (--in-flight by RDREC_STUDENTD_IN_FLIGHT) or in the file of --config
            (in-flight = 100). The command line counts before the environment, and that before the file.

            Standard output tells what the process does: `listening ENDPOINT`, `http PORT`, `ready` when requests are answered. SIGTERM ends
            it in good order; jobs go on with the next start.
            """)
    @OptionGroup var arguments: StudentArguments

    func run() async throws {
        try await arguments.run { _ in { folder in throw ModelFailure("\(folder): this studentd can read no versions") } }
    }
}
