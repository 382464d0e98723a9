internal import Foundation
internal import ModelFiles

extension Checkpoint {
    package static let generationName = "generation_config.json"

    /// Writes a new folder that ``load(_:seed:)`` reads, and `transformers` too.
    ///
    /// - Parameters:
    ///   - training: What a training needs to go on, into the same folder; without when nil.
    ///   - more: Writes files of its own into the folder, such as the tokenizer's.
    /// - Throws: A ``ModelFileError``, or what `more` throws; nothing is left behind then.
    package static func save(
        _ parameters: T5Parameters, to path: String, training: TrainingState? = nil, more: (CheckpointFolder) throws -> Void = { _ in }
    ) throws {
        try CheckpointFolder.write(path) { folder in
            let c = parameters.configuration
            try folder.write(c.json(), to: configurationName)
            let generation =
                "{\"_from_model_config\": true, \"decoder_start_token_id\": \(c.startToken), \"eos_token_id\": \(c.endToken), "
                + "\"pad_token_id\": \(c.padToken)}\n"
            try folder.write(Array(generation.utf8), to: generationName)
            let entries = parameters.layout.entries
            try write(entries.filter { !T5Layout.isExtra($0.name) }, of: parameters, to: folder.file(weightsName))
            try write(entries.filter { T5Layout.isExtra($0.name) }, of: parameters, to: folder.file(extrasName))
            try training?.write(to: folder)
            try more(folder)
        }
    }

    private static func write(_ entries: [T5Layout.Entry], of parameters: T5Parameters, to path: String) throws {
        let tensors = entries.map { SafetensorsWriter.Entry($0.name, .f32, $0.shape) }
        try SafetensorsWriter.write(to: path, metadata: ["format": "pt"], tensors) { index, sink in
            try sink(UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: parameters.values[entries[index].range])))
        }
    }
}
