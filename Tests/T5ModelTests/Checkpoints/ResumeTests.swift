import Kernels
import ModelFiles
import T5Model
import Testing

/// A training that is stopped and resumed is bit for bit the one that was not.
@Suite struct ResumeTests {
    /// Batches by their number, as a sampler gives them that says where it is.
    private struct Sampler {
        let c: T5Configuration
        var position: UInt8 = 0

        mutating func next() throws -> T5Batch {
            position += 1
            return try T5Batch.mixed(c, sequences: 3 + Int(position % 4), seed: UInt64(position))
        }
    }

    private let c = T5Configuration.small(gated: true, tied: false, dropout: 0.2)

    private var options: TrainingOptions {
        var options = TrainingOptions(LearningRateSchedule(peak: 3e-3, warmUpSteps: 2, decay: .cosine, totalSteps: 12))
        options.maximumGradientNorm = 0.8
        options.taskWeights = [1, 2, 0.3, 1, 1]
        options.seed = 99
        return options
    }

    @Test("At any step, through a folder", arguments: [ProductPrecision.float32, .bfloat16])
    func resumed(_ precision: ProductPrecision) throws {
        let steps = 8, folder = try TemporaryFolder()
        let model = try T5Model.random(c, precision: precision), trainer = T5Trainer(model, options)
        var sampler = Sampler(c: c), reports: [StepReport] = []
        for step in 0..<steps {
            try Checkpoint.save(model.parameters, to: folder.file("\(step)"), training: trainer.state(sampler: [sampler.position]))
            reports.append(try trainer.train(on: sampler.next()))
        }
        for step in 0..<steps {
            let parameters = try Checkpoint.load(folder.file("\(step)")), state = try TrainingState(folder.file("\(step)"), c)
            #expect(state.stepCount == step && state.options == options)
            let resumed = T5Trainer(T5Model(parameters, precision: precision, kernels: try .test(threads: 1)), resuming: state)
            var again = Sampler(c: c, position: try #require(state.sampler.first))
            for later in step..<steps { #expect(try resumed.train(on: again.next()) == reports[later]) }
            #expect(Array(parameters.values) == Array(model.parameters.values), "from step \(step)")
        }
    }

    @Test("A state without a sampler, and one that is damaged")
    func states() throws {
        let folder = try TemporaryFolder(), trainer = T5Trainer(try T5Model.random(c), options)
        try Checkpoint.save(trainer.model.parameters, to: folder.file("a"), training: trainer.state())
        #expect(try TrainingState(folder.file("a"), c).sampler == [])
        let error = #expect(throws: ModelFileError.self) { try TrainingState(folder.file("a"), .small()) }
        #expect(error?.description.contains("a/training.safetensors: ") == true)
        try Checkpoint.save(trainer.model.parameters, to: folder.file("b"))
        #expect(throws: ModelFileError.self) { try TrainingState(folder.file("b"), c) }
        var bytes = try folder.bytes("a/training.safetensors")
        let text = Array("rdrec-training-1".utf8)
        let place = try #require((0..<1_000).first { Array(bytes[$0..<$0 + text.count]) == text })
        bytes[place + text.count - 1] = UInt8(ascii: "2")
        try folder.write(bytes, to: "b/training.safetensors")
        let other = #expect(throws: ModelFileError.self) { try TrainingState(folder.file("b"), c) }
        #expect(other?.message.contains("'rdrec-training-2'") == true)
    }

    @Test(
        "Options that nobody can train with are refused, before they reach a parameter",
        arguments: [
            ("totalSteps\\\":12", "totalSteps\\\":2", "warm-up"), ("beta1\\\":0.9", "beta1\\\":1.9", "AdamW"),
            ("[1,2,0.", "[ -1,0.", "weights"),
        ])
    func options(_ was: String, _ isNow: String, _ message: String) throws {
        let folder = try TemporaryFolder(), trainer = T5Trainer(try T5Model.random(c), options)
        try Checkpoint.save(trainer.model.parameters, to: folder.file("a"), training: trainer.state())
        var bytes = try folder.bytes("a/training.safetensors")
        let text = Array(was.utf8), replacement = Array(isNow.utf8)
        let place = try #require((0..<4_000).first { Array(bytes[$0..<$0 + text.count]) == text }, "\(was)")
        // The head's length is fixed: what is too short is filled with blanks at the value's end.
        let filled = replacement + Array(repeating: UInt8(ascii: " "), count: text.count - replacement.count)
        bytes.replaceSubrange(place..<place + text.count, with: filled)
        try folder.write(bytes, to: "a/training.safetensors")
        let error = #expect(throws: ModelFileError.self) { try TrainingState(folder.file("a"), c) }
        #expect(error?.message.contains(message) == true, "\(String(describing: error))")
    }
}
