package import Logging
package import Teacher
internal import Tokenizers
internal import Wire

/// What stands in for the file of a model: its "path" is the script, as in `digest=a,delay-ms=5,context=9000,answers=1`.
package enum ScriptedModel {
    package static func load(_ settings: ModelSettings, _ logger: Logger) throws -> LoadedModel {
        var words: [Substring: Substring] = [:]
        for word in settings.path.split(separator: ",") {
            let parts = word.split(separator: "=")
            if parts.count == 2 { words[parts[0]] = parts[1] }
        }
        var script = ScriptedGenerator.Script()
        script.slots = settings.slots
        script.delay = .milliseconds(words["delay-ms"].flatMap { Int($0) } ?? 0)
        script.contextLength = words["context"].flatMap { Int($0) } ?? script.contextLength
        script.answers = words["answers"].flatMap { Int($0) }
        return model(ScriptedGenerator(script), digest: words["digest"].map(String.init) ?? "scripted")
    }

    package static func model(
        _ generator: ScriptedGenerator = ScriptedGenerator(), digest: String = "scripted", promptVersion: String = "scripted-1"
    ) -> LoadedModel {
        LoadedModel(
            generator: generator, composer: ScriptedComposer(promptVersion: promptVersion), template: .chatML(defaultSystem: nil),
            info: ModelInfo(
                name: "scripted", version: promptVersion, digest: digest, architecture: "none", parameterCount: 0, quantization: "none",
                contextLength: UInt32(generator.contextLength), instructionSet: "none"))
    }
}
