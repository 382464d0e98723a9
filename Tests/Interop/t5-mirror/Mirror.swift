import Foundation
import Kernels
import ModelFiles
import T5Model

/// Trains a small T5 for three steps, or one of Hugging Face's for none, writes its checkpoint, and beside it what it says of a text: for `transformers` to load and agree.
///
///     t5-mirror OUT relu|gated-gelu    a new model
///     t5-mirror OUT FOLDER             that of a Hugging Face folder
///
/// OUT is the checkpoint; OUT.logits.safetensors has `input_ids` [S], `decoder_input_ids` [T], `encoder_output` [S, D] and `logits`
/// [T, V], in float32 products.
@main struct Mirror {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            FileHandle.standardError.write(Data("usage: t5-mirror OUT relu|gated-gelu|FOLDER\n".utf8))
            exit(2)
        }
        let out = arguments[1], parameters = try model(arguments[2]), c = parameters.configuration
        let model = T5Model(parameters, precision: .float32, kernels: try Kernels.fromEnvironment(team: ThreadTeam(threads: 2)))
        var batch = T5Batch(c)
        let end = Int32(min(c.vocabularyCount, 300)), tokens = (0..<20).map { Int32($0 * 37 % 290) % (end - 3) + 3 } + [c.endToken]
        let labels = (0..<12).map { Int32($0 * 53 % 290) % (end - 3) + 3 } + [c.endToken]
        try batch.append(tokens: tokens, labels: labels)
        let trainer = T5Trainer(model, TrainingOptions(LearningRateSchedule(peak: 1e-3)))
        for _ in 0..<(Self.ours.contains(arguments[2]) ? 3 : 0) { _ = try trainer.train(on: batch) }
        try Checkpoint.save(parameters, to: out)
        try model.forward(batch) { output in
            let memory = AlignedBuffer(byteCount: labels.count * c.vocabularyCount * 4)
            let logits = MutableRows(
                memory.bytes.assumingMemoryBound(to: Float.self), count: labels.count, columns: c.vocabularyCount)
            output.logits(0..<labels.count, into: logits)
            let entries: [SafetensorsWriter.Entry] = [
                .init("input_ids", .i32, [tokens.count]), .init("decoder_input_ids", .i32, [labels.count]),
                .init("encoder_output", .f32, [tokens.count, c.width]), .init("logits", .f32, [labels.count, c.vocabularyCount]),
            ]
            try SafetensorsWriter.write(to: "\(out).logits.safetensors", entries) { index, sink in
                switch index {
                case 0: try tokens.withUnsafeBytes(sink)
                case 1: try batch.decoderTokens.withUnsafeBytes(sink)
                case 2: try sink(UnsafeRawBufferPointer(start: output.encoder.base, count: tokens.count * c.width * 4))
                default: try sink(UnsafeRawBufferPointer(start: logits.base, count: labels.count * c.vocabularyCount * 4))
                }
            }
        }
    }

    private static let ours = ["relu", "gated-gelu"]

    private static func model(_ name: String) throws -> T5Parameters {
        guard ours.contains(name) else { return try Checkpoint.load(name) }
        var c = T5Preset.tiny.configuration(vocabularyCount: 300)
        if name == "gated-gelu" {
            c.isGated = true
            c.activation = .geluTanh
            c.isTied = false
            c.decoderLayers = 3
        }
        let parameters = T5Parameters(c)
        parameters.initialize(seed: 1)
        return parameters
    }
}
