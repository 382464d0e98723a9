import Kernels
import LlamaModel
import Logging
import Teacher
import Wire

/// Makes the engine of a model's file; a `ModelLoader`.
@Sendable func loadEngine(_ settings: ModelSettings, _ logger: Logger) throws -> LoadedModel {
    let team = try ThreadTeam(threads: settings.threads == 0 ? ThreadTeam.processorCount : settings.threads)
    let kernels = try Kernels.fromEnvironment(team: team)
    kernels.announce(to: logger)
    var configuration = EngineConfiguration()
    configuration.slots = settings.slots
    configuration.keyValueBytes = settings.keyValueBytes
    let loaded = try LoadedEngine.load(path: settings.path, chatTemplate: settings.chatTemplate, kernels: kernels, configuration)
    let prompt = try settings.promptFile.map { try RationalePrompt(file: $0) } ?? .standard
    let engine = loaded.engine, description = loaded.description
    let writer = try RationaleWriter(
        tokenizer: engine.tokenizer, template: loaded.chatTemplate, prompt: prompt, contextLength: engine.contextLength)
    logger.info(
        "model loaded",
        metadata: [
            "model.name": "\(description.name)", "model.digest": "\(description.digest)", "model.prompt_version": "\(writer.promptVersion)",
            "model.load_seconds": "\(loaded.loadTime / .seconds(1))", "model.weight_bytes": "\(loaded.weightBytes)",
        ])
    var info = ModelInfo()
    info.name = description.name
    // With the mark of its words, where they are not the built-in ones: as the provenance of what it writes has it.
    info.version = writer.promptVersion
    info.digest = description.digest
    info.architecture = description.architecture
    info.parameterCount = description.parameterCount
    info.quantization = description.quantization
    info.contextLength = UInt32(clamping: engine.contextLength)
    info.instructionSet = description.instructionSet
    return LoadedModel(
        generator: engine, composer: writer, template: loaded.chatTemplate, info: info, interactiveSlots: configuration.interactiveSlots,
        stop: { engine.stop() })
}
