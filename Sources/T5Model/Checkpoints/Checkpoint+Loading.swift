internal import Foundation
package import ModelFiles

/// A folder as `transformers` writes it, config.json and model.safetensors, with our extras beside it in extra.safetensors.
package enum Checkpoint {
    package static let configurationName = "config.json"
    package static let weightsName = "model.safetensors"
    package static let extrasName = "extra.safetensors"

    /// The model of a folder. Parts that only we have and the folder lacks begin at random.
    ///
    /// - Parameter seed: Of what begins at random.
    /// - Throws: What is missing, of another shape, or not finite; a tensor that would be left out of the model.
    package static func load(_ folder: String, seed: UInt64 = 0) throws(ModelFileError) -> T5Parameters {
        let path = "\(folder)/\(configurationName)"
        let text = try MappedFile(path: path)
        var configuration = try T5Configuration(json: text.bytes, path: path)
        let file = try SafetensorsFile(path: "\(folder)/\(weightsName)")
        let extrasPath = "\(folder)/\(extrasName)"
        let extras = FileManager.default.fileExists(atPath: extrasPath) ? try SafetensorsFile(path: extrasPath) : nil
        // A config.json of somebody else says nothing about the length of this table.
        if let rows = extras?.tensorIfPresent(T5Layout.wholeWordsName)?.shape.first, !configuration.namesExtras(text.bytes) {
            configuration.wholeWordCount = rows
            if let fault = configuration.fault { throw ModelFileError(file: extrasPath, fault) }
        }
        // Before there is memory for what config.json says: the file has to have as much.
        try T5Layout(configuration).requireTensors(file, extras)
        let parameters = T5Parameters(configuration)
        try parameters.read(file, extras, seed: seed)
        return parameters
    }
}

extension T5Configuration {
    fileprivate func namesExtras(_ json: UnsafeRawBufferPointer) -> Bool {
        ((try? JSONSerialization.jsonObject(with: Data(json))) as? [String: Any])?["rdrec"] != nil
    }
}

extension T5Layout {
    /// Names under which files repeat the embedding, and a table that early versions of T5 wrote and never used.
    private static let ignored: Set<String> = [
        "encoder.embed_tokens.weight", "decoder.embed_tokens.weight",
        "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
    ]

    /// Where a parameter is found; nil for one of ours that begins at random.
    fileprivate func tensor(
        _ entry: Entry, _ file: SafetensorsFile, _ extras: SafetensorsFile?
    ) throws(ModelFileError) -> (file: SafetensorsFile, tensor: SafetensorsTensor)? {
        if Self.isExtra(entry.name) {
            guard let extras else { return nil }
            return (extras, try entry.tensor(extras, entry.name))
        }
        let isRepeated = entry.name == Self.embeddingName && file.tensorIfPresent(entry.name) == nil
        return (file, try entry.tensor(file, isRepeated ? "encoder.embed_tokens.weight" : entry.name))
    }

    /// Refuses files that lack a parameter, or have one of another shape or one that would be left out.
    fileprivate func requireTensors(_ file: SafetensorsFile, _ extras: SafetensorsFile?) throws(ModelFileError) {
        for entry in entries { _ = try tensor(entry, file, extras) }
        for name in file.tensorNames where self[name] == nil && !Self.ignored.contains(name) {
            // A tied model's file may repeat the embedding as its head.
            if name == Self.headName, head == embedding, try Self.isEmbedding(name, file) { continue }
            throw ModelFileError(
                file: file.path, "tensor '\(name)' has no place in the model that \(Checkpoint.configurationName) describes")
        }
    }

    private static func isEmbedding(_ name: String, _ file: SafetensorsFile) throws(ModelFileError) -> Bool {
        guard let embedding = file.tensorIfPresent(embeddingName) else { return false }
        return try file.tensor(name).floats() == embedding.floats()
    }
}

extension T5Layout.Entry {
    fileprivate func tensor(_ file: SafetensorsFile, _ name: String) throws(ModelFileError) -> SafetensorsTensor {
        let tensor = try file.tensor(name)
        guard tensor.shape == shape else {
            throw ModelFileError(file: file.path, "tensor '\(name)' is \(tensor.shape), and the model needs \(shape)")
        }
        return tensor
    }
}

extension T5Parameters {
    func read(_ file: SafetensorsFile, _ extras: SafetensorsFile?, seed: UInt64) throws(ModelFileError) {
        for entry in layout.entries {
            if let found = try layout.tensor(entry, file, extras) {
                try read(found.tensor, of: found.file, entry)
            } else {
                initialize(entry.name, seed: seed)
            }
        }
    }

    func readMoments(_ file: SafetensorsFile, prefix: String) throws(ModelFileError) {
        for entry in layout.entries { try read(entry.tensor(file, "\(prefix).\(entry.name)"), of: file, entry) }
    }

    private func read(_ tensor: SafetensorsTensor, of file: SafetensorsFile, _ entry: T5Layout.Entry) throws(ModelFileError) {
        let numbers = try tensor.floats()
        guard numbers.allSatisfy(\.isFinite) else {
            throw ModelFileError(file: file.path, "tensor '\(tensor.name)' has numbers that are infinite or none at all")
        }
        numbers.withUnsafeBufferPointer { numbers in
            if let from = numbers.baseAddress { (base + entry.offset).update(from: from, count: entry.count) }
        }
    }
}
