import ArgumentParser
import ScriptedGenerator
import Teacher

/// teacherd with a script for a model: what the process tests run.
@main
struct ScriptedTeacherd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scripted-teacherd", abstract: "teacherd, whose --model is a script: digest=a,delay-ms=5.",
        subcommands: [Serve.self, Work.self], defaultSubcommand: Serve.self)

    struct Serve: AsyncParsableCommand {
        @OptionGroup var arguments: ServeArguments

        func run() async throws { try await arguments.run(ScriptedModel.load) }
    }

    struct Work: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "worker")
        @OptionGroup var arguments: WorkerArguments

        func run() async throws { try await arguments.run(ScriptedModel.load) }
    }
}
