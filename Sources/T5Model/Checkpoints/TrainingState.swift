internal import Foundation
package import ModelFiles

/// All that a training needs to go on where it stopped, beside the parameters. Its random numbers are functions of the options' seed and
/// the step's number.
package struct TrainingState: Sendable {
    package var stepCount: Int
    package var options: TrainingOptions
    package var moments: T5Moments
    /// Where the sampler of batches is, in its own words.
    package var sampler: [UInt8]

    static let fileName = "training.safetensors"
    private static let format = "rdrec-training-1"
    private static let samplerName = "sampler"

    package init(stepCount: Int, options: TrainingOptions, moments: T5Moments, sampler: [UInt8] = []) {
        self.stepCount = stepCount
        self.options = options
        self.moments = moments
        self.sampler = sampler
    }

    /// Of a checkpoint's folder.
    ///
    /// - Parameter configuration: Of the parameters of the same folder.
    package init(_ folder: String, _ configuration: T5Configuration) throws(ModelFileError) {
        let file = try SafetensorsFile(path: "\(folder)/\(Self.fileName)")
        guard file.metadata["format"] == Self.format else {
            throw ModelFileError(file: file.path, "the format is '\(file.metadata["format"] ?? "")', and \(Self.format) is read")
        }
        guard let count = file.metadata["step"].flatMap(Int.init), (0...1 << 40).contains(count) else {
            throw ModelFileError(file: file.path, "the step is '\(file.metadata["step"] ?? "")'")
        }
        guard let options = try? JSONDecoder().decode(TrainingOptions.self, from: Data((file.metadata["options"] ?? "").utf8)) else {
            throw ModelFileError(file: file.path, "the options are '\(file.metadata["options"] ?? "")'")
        }
        if let fault = options.fault(taskCount: configuration.taskCount) {
            throw ModelFileError(file: file.path, "the options cannot be: \(fault)")
        }
        stepCount = count
        self.options = options
        moments = T5Moments(configuration)
        try moments.first.readMoments(file, prefix: "first")
        try moments.second.readMoments(file, prefix: "second")
        // An empty tensor is not written.
        sampler = try file.tensorIfPresent(Self.samplerName)?.integers().map { UInt8(clamping: $0) } ?? []
    }

    func write(to folder: CheckpointFolder) throws {
        let blocks = [("first", moments.first), ("second", moments.second)]
        let parts = blocks.flatMap { prefix, block in block.layout.entries.map { ("\(prefix).\($0.name)", block, $0) } }
        var entries = parts.map { SafetensorsWriter.Entry($0.0, .f32, $0.2.shape) }
        if !sampler.isEmpty { entries.append(SafetensorsWriter.Entry(Self.samplerName, .u8, [sampler.count])) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let metadata = [
            "format": Self.format, "step": "\(stepCount)", "options": String(decoding: try encoder.encode(options), as: UTF8.self),
        ]
        try SafetensorsWriter.write(to: folder.file(Self.fileName), metadata: metadata, entries) { index, sink in
            guard index < parts.count else { return try sampler.withUnsafeBytes(sink) }
            let (_, block, entry) = parts[index]
            try sink(UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: block.values[entry.range])))
        }
    }
}

extension T5Trainer {
    /// What a training that goes on from here needs, with the model's present parameters; it shares the moments' memory.
    ///
    /// - Parameter sampler: Where the sampler of batches is.
    package func state(sampler: [UInt8] = []) -> TrainingState {
        TrainingState(stepCount: stepCount, options: options, moments: moments, sampler: sampler)
    }

    /// Goes on from a state, with a model of the parameters that were saved with it.
    package convenience init(_ model: T5Model, resuming state: TrainingState) {
        self.init(model, state.options, moments: state.moments, stepCount: state.stepCount)
    }
}
