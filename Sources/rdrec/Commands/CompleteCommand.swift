import ArgumentParser
import RPC
import Transport
import Wire

struct CompleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "complete", abstract: "Has the teacher's language model go on with a text, or answer in a chat.",
        discussion: "Prints what the model writes. Without --chat the prompt itself is not printed again.")

    @Argument(help: "The text to go on with; - reads standard input.")
    var prompt: String

    @Flag(help: "Take the prompt as a user's message, which the model answers.")
    var chat = false

    @Option(help: "With --chat: the system message. Default: the model's own.")
    var system: String?

    @Flag(help: "Print the text as it is written instead of at its end.")
    var stream = false

    @Option(help: "End before this text. May be repeated.")
    var stop: [String] = []

    @OptionGroup(title: "Options for sampling") var sampling: SamplingOptions

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard system == nil || chat else { throw ValidationError("--system goes with --chat.") }
    }

    func run() async throws {
        let text = prompt == "-" ? try await StandardInput().text() : prompt
        let request = CompleteRequest(input: input(text), sampling: sampling.message, stop: stop)
        let (stream, output) = (stream, Output())
        try await Session.run(connection, calling: .teacher) { session in
            try await TeacherClient(session.client).complete(request, options: session.callOptions(isEndless: true)) { chunks in
                var text = ""
                for try await chunk in chunks {
                    if stream, !chunk.text.isEmpty { try await output.write(printableLines(chunk.text)) }
                    text += chunk.text
                }
                try await output.line(stream ? "" : printableLines(text))
            }
        }
    }

    private func input(_ text: String) -> CompleteRequest.Input {
        guard chat else { return .prompt(text) }
        let system = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
        return .chat(Chat(messages: system + [ChatMessage(role: "user", content: text)]))
    }
}
