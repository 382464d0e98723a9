import ArgumentParser
import Kernels
import Student

/// The student's daemon: arguments, and a configuration made of them.
@main
struct Studentd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "studentd",
        abstract: "Keeps what the shop knows, trains on it, and recommends.",
        discussion: """
            Every option can also be set by an environment variable (--in-flight by RDREC_STUDENTD_IN_FLIGHT) or in the file of --config
            (in-flight = 100). The command line counts before the environment, and that before the file.

            Standard output tells what the process does: `listening ENDPOINT`, `http PORT`, `ready` when requests are answered. SIGTERM ends
            it in good order; jobs go on with the next start.
            """)
    @OptionGroup var arguments: StudentArguments

    func run() async throws {
        try await arguments.run { configuration in
            // Texts take long, and have a thread of their own.
            let ranking = try Kernels.fromEnvironment(team: ThreadTeam(threads: configuration.servingThreads))
            let writing = try Kernels.fromEnvironment(team: ThreadTeam(threads: 1))
            return { folder in try StudentModel(folder: folder, ranking: ranking, writing: writing) }
        }
    }
}
