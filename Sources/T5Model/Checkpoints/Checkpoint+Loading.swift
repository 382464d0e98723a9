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

extension T5Parameters {
    /// Names under which files repeat the embedding, and a table that early versions of T5 wrote and never used.
    private static let ignored: Set<String> = [
        "encoder.embed_tokens.weight", "decoder.embed_tokens.weight",
        "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
    ]

    func read(_ file: SafetensorsFile, _ extras: SafetensorsFile?, seed: UInt64) throws(ModelFileError) {
        for entry in layout.entries {
            if T5Layout.isExtra(entry.name) {
                if let tensor = try extras?.tensor(entry.name) { try read(tensor, entry) } else { initialize(entry.name, seed: seed) }
            } else if entry.name == T5Layout.embeddingName, file.tensorIfPresent(entry.name) == nil {
                try read(file.tensor("encoder.embed_tokens.weight"), entry, file.path)
            } else {
                try read(file.tensor(entry.name), entry, file.path)
            }
        }
        for name in file.tensorNames where layout[name] == nil && !Self.ignored.contains(name) {
            // A tied model's file may repeat the embedding as its head.
            if name == T5Layout.headName, configuration.isTied { continue }
            throw ModelFileError(file: file.path, "tensor '\(name)' has no place in the model that config.json describes")
        }
    }

    private func read(_ tensor: SafetensorsTensor, _ entry: T5Layout.Entry, _ path: String? = nil) throws(ModelFileError) {
        let path = path ?? "\(Checkpoint.extrasName)"
        guard tensor.shape == entry.shape else {
            throw ModelFileError(file: path, "tensor '\(tensor.name)' is \(tensor.shape), and the model needs \(entry.shape)")
        }
        let numbers = try tensor.floats()
        guard numbers.allSatisfy(\.isFinite) else {
            throw ModelFileError(file: path, "tensor '\(tensor.name)' has numbers that are infinite or none at all")
        }
        guard let to = self[entry.name]?.baseAddress else { return }
        numbers.withUnsafeBufferPointer { to.update(from: $0.baseAddress ?? UnsafePointer(to), count: entry.count) }
    }
}
