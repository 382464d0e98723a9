import CAllocations
import Glibc
import Kernels
import T5Model
import Testing

@Suite struct MemoryTests {
    @Test("Training steps and passes take nothing from the heap once warm")
    func allocations() async {
        // In a process of its own: there nobody else allocates.
        await #expect(processExitsWith: .success) {
            guard allocations_supported() != 0 else { exit(0) }
            for gated in [false, true] {
                let c = T5Configuration.small(gated: gated, tied: !gated, dropout: 0.1)
                let model = try T5Model.random(c, precision: .bfloat16, threads: 3)
                var options = TrainingOptions(LearningRateSchedule(peak: 1e-3))
                options.maximumGradientNorm = 1
                options.taskWeights = [1, 2, 1, 1, 1]
                options.recomputesLayers = gated
                let trainer = T5Trainer(model, options), large = try T5Batch.mixed(c, sequences: 30), small = try T5Batch.mixed(c)
                for _ in 1...2 {
                    _ = try trainer.train(on: large)
                    _ = model.loss(large)
                    model.encode(large) { _ in }
                }
                let before = allocations_count()
                _ = try trainer.train(on: large)
                _ = try trainer.train(on: small)
                _ = model.loss(small)
                model.encode(large) { _ in }
                let count = allocations_count() - before
                guard count == 0 else {
                    print("\(count) allocations, gated \(gated)")
                    exit(1)
                }
            }
        }
    }

    @Test("A pass takes no more memory than was planned", arguments: [KeptActivations.nothing, .layerInputs, .everything])
    func planned(_ kept: KeptActivations) throws {
        for form in GradientTests.forms {
            for (sequences, vocabulary) in [(2, 40), (120, 40), (60, 3_000)] {
                var c = T5Configuration.small(gated: form.gated, tied: form.tied, dropout: 0.1)
                c.vocabularyCount = vocabulary
                for precision in [ProductPrecision.float32, .bfloat16] {
                    let model = try T5Model.random(c, precision: precision), batch = try T5Batch.mixed(c, sequences: sequences)
                    if kept == .nothing {
                        _ = model.loss(batch)
                    } else {
                        _ = model.gradientValues(batch, dropoutSeed: 1, kept: kept)
                    }
                    #expect(model.peakByteCount <= model.reservedByteCount, "\(form), \(sequences) sequences, \(precision)")
                }
            }
        }
    }

    @Test("A batch that is emptied is filled again like a new one")
    func refilled() throws {
        let c = T5Configuration.small(), model = try T5Model.random(c)
        var batch = try T5Batch.mixed(c, sequences: 9, seed: 3)
        batch.removeAll()
        #expect(batch.tokenCount == 0 && batch.sequenceCount == 0 && batch.labelCount == 0)
        try batch.append(tokens: [5, 6], wholeWords: [0, 1], task: 1, labels: [7, 1])
        var new = T5Batch(c)
        try new.append(tokens: [5, 6], wholeWords: [0, 1], task: 1, labels: [7, 1])
        #expect(model.gradientValues(batch) == model.gradientValues(new))
    }
}
