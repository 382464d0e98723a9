import ArgumentParser
import RPC
import Transport
import Wire

struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "Lists the versions of the student's model, the newest first.",
        discussion: """
            * marks the version that serves. HR@10 and NDCG@10 are those of the best epoch, on the validation part of the split named, over \
            the whole catalogue; where the indexing leaks the order of the test they say nothing about the model.
            """)

    @Flag(help: "Print rdrec.v1.ListModelsResponse as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let (asJSON, output) = (json, Output())
        try await Session.run(connection) { session in
            let list = try await ModelsClient(session.client).listModels(ListModelsRequest(), options: session.callOptions())
            for line in asJSON ? [try OwnJSON().text(of: list)] : list.lines { try await output.line(line) }
            if list.models.isEmpty, !asJSON { Output.note("note: \(ModelHints.none)") }
        }
    }
}

struct ActivateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate", abstract: "Has a version of the model serve, with no call lost.",
        discussion: "Where the version cannot serve, the one before it goes on.")

    @Argument(help: "The version; rdrec models lists them.")
    var version: String

    @Flag(help: "Print rdrec.v1.ModelInfo as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let (request, asJSON, output) = (ActivateModelRequest(version: version), json, Output())
        try await Session.run(connection) { session in
            let model: ModelInfo
            do {
                // It is loaded and tried first, which takes as long as the model is large.
                let options = session.callOptions(isEndless: true)
                model = try await ModelsClient(session.client).activateModel(request, options: options)
            } catch let error as RPCError {
                throw await CommandError(error, asking: session, for: request.version)
            }
            try await output.line(asJSON ? OwnJSON().text(of: model) : model.activeLine)
        }
    }
}
