import Kernels
import T5Model
import Testing

/// What a training step does beside the gradients.
@Suite struct TrainerTests {
    private func options(_ peak: Double = 1e-3) -> TrainingOptions { TrainingOptions(LearningRateSchedule(peak: peak)) }

    @Test("Several batches make the step of one")
    func accumulation() throws {
        let c = T5Configuration.small(), whole = try T5Model.random(c), parts = try T5Model.random(c)
        var all = T5Batch(c), batches: [T5Batch] = []
        for index in 0..<3 {
            var batch = T5Batch(c)
            for place in 0...index {
                let tokens = (0...Int32(place + 2)).map { 2 + $0 + Int32(index) }, labels = (0...Int32(index)).map { 5 + $0 }
                try batch.append(tokens: tokens, labels: labels)
                try all.append(tokens: tokens, labels: labels)
            }
            batches.append(batch)
        }
        let one = T5Trainer(whole, options()), several = T5Trainer(parts, options())
        for _ in 0..<3 {
            let a = try one.train(on: all), b = try several.train(on: batches)
            #expect(abs(a.loss - b.loss) < 1e-5 && abs(a.gradientNorm - b.gradientNorm) < 1e-4)
            #expect(a.labelWeight == b.labelWeight && a.tokenCount == b.tokenCount && a.step == b.step)
        }
        #expect(largestDifference(Array(whole.parameters.values), Array(parts.parameters.values)) < 1e-3)
    }

    @Test("Gradients of a greater norm are scaled down to the greatest allowed")
    func clipping() throws {
        let c = T5Configuration.small(), batch = try T5Batch.mixed(c)
        func moved(_ maximum: Double?) throws -> (report: StepReport, values: [Float]) {
            var options = options(1e6)
            options.maximumGradientNorm = maximum
            // With these a step is about the gradient: p - rate · g / (|g| + epsilon).
            options.epsilon = 1e6
            options.weightDecay = 0
            let model = try T5Model.random(c), before = Array(model.parameters.values)
            let report = try T5Trainer(model, options).train(on: batch)
            return (report, zip(model.parameters.values, before).map { $0 - $1 })
        }
        let free = try moved(nil), clipped = try moved(free.report.gradientNorm / 4), loose = try moved(free.report.gradientNorm * 2)
        #expect(free.report == clipped.report && free.values == loose.values)
        let norm = { (x: [Float]) in x.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
        #expect(norm(free.values) > 0)
        #expect(abs(norm(clipped.values) / norm(free.values) - 0.25) < 0.05)
    }

    @Test("Tasks weigh in the loss and in the gradients as asked")
    func taskWeights() throws {
        let c = T5Configuration.small(), weights: [Float] = [2, 0.5, 0, 1, 1]
        var batch = T5Batch(c), parts: [T5Batch] = []
        for task in 0..<3 {
            var part = T5Batch(c)
            let tokens = (0..<Int32(task + 3)).map { 4 + $0 * 3 }, labels = (0...Int32(task)).map { 9 + $0 }
            try part.append(tokens: tokens, task: task, labels: labels)
            try batch.append(tokens: tokens, task: task, labels: labels)
            parts.append(part)
        }
        let total = 1 * 2.0 + 2 * 0.5, model = try T5Model.random(c)
        let losses = parts.map { model.loss($0) }
        let expected = (losses[0].sum * 2 + losses[1].sum * 0.5) / total
        var sum = [Float](repeating: 0, count: model.parameters.layout.count)
        for (part, weight) in zip(parts, weights) {
            let alone = model.gradientValues(part)
            for (i, value) in alone.values.enumerated() { sum[i] += value * weight * Float(alone.loss.weight / total) }
        }
        var options = options()
        options.taskWeights = weights
        let report = try T5Trainer(model, options).train(on: batch)
        #expect(abs(report.loss - expected) < 1e-5 && report.labelWeight == total)
        #expect(abs(report.gradientNorm - sum.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()) < 1e-4)
    }

    @Test("A loss that is not finite stops the step, with its batch named and nothing changed")
    func infiniteLoss() throws {
        let c = T5Configuration.small(tied: false), model = try T5Model.random(c), trainer = T5Trainer(model, options())
        _ = try trainer.train(on: T5Batch.mixed(c))
        let embedding = try #require(model.parameters[T5Layout.embeddingName])
        embedding[7 * c.width] = .infinity
        model.parametersChanged()
        let before = Array(model.parameters.values)
        var fine = T5Batch(c), broken = T5Batch(c)
        fine.name = "the first"
        broken.name = "users 64 to 128"
        try fine.append(tokens: [3, 4], labels: [5])
        try broken.append(tokens: [7], labels: [7])
        let error = #expect(throws: TrainingError.self) { try trainer.train(on: [fine, broken]) }
        #expect(error?.step == 2 && trainer.stepCount == 1 && Array(model.parameters.values) == before)
        #expect(error?.batch == 1 && error?.batchName == "users 64 to 128" && error?.description.contains("step 2") == true)
    }

    @Test("A gradient that is not finite stops the step, with its batch named and nothing changed")
    func infiniteGradient() throws {
        let c = T5Configuration.small(gated: true, tied: false), model = try T5Model.random(c), trainer = T5Trainer(model, options())
        // gate · 0 is 0, and what that 0 would do to the loss is too much for a number.
        let place = "decoder.block.1.layer.2.DenseReluDense"
        for (name, value) in [("wi_0", Float(1e30)), ("wi_1", 0), ("wo", 1e15)] {
            try #require(model.parameters["\(place).\(name).weight"]).update(repeating: value)
        }
        model.parametersChanged()
        let before = Array(model.parameters.values)
        var batch = try T5Batch.mixed(c)
        batch.name = "step's batch"
        #expect(model.loss(batch).mean.isFinite)
        let error = #expect(throws: TrainingError.self) { try trainer.train(on: batch) }
        #expect(error?.batchName == "step's batch" && error?.message.contains("gradient") == true)
        #expect(Array(model.parameters.values) == before && trainer.stepCount == 0)
    }

    @Test("A step without labels is an error")
    func noLabels() throws {
        let c = T5Configuration.small(), trainer = T5Trainer(try T5Model.random(c), options())
        var batch = T5Batch(c)
        try batch.append(tokens: [3], labels: [-100])
        #expect(throws: TrainingError.self) { try trainer.train(on: batch) }
        #expect(throws: TrainingError.self) { try trainer.train(on: []) }
    }

    @Test("Learning rates")
    func schedules() {
        let constant = LearningRateSchedule(peak: 2, warmUpSteps: 4)
        #expect((1...6).map { constant.rate(step: $0) } == [0.5, 1, 1.5, 2, 2, 2])
        let linear = LearningRateSchedule(peak: 2, warmUpSteps: 2, decay: .linear, totalSteps: 6)
        #expect((1...8).map { linear.rate(step: $0) } == [1, 2, 2, 1.5, 1, 0.5, 0, 0])
        let cosine = LearningRateSchedule(peak: 2, decay: .cosine, totalSteps: 4)
        #expect(cosine.rate(step: 1) == 2 && abs(cosine.rate(step: 3) - 1) < 1e-12 && abs(cosine.rate(step: 5)) < 1e-12)
        #expect(LearningRateSchedule(peak: 3).rate(step: 1) == 3)
    }

    @Test("1, 2 and 4 threads train alike, bit for bit")
    func threads() throws {
        let c = T5Configuration.small(dropout: 0.2)
        let runs = try [1, 2, 4].map { threads in
            let model = try T5Model.random(c, precision: .bfloat16, threads: threads), trainer = T5Trainer(model, options())
            let losses = try (0..<5).map { try trainer.train(on: T5Batch.mixed(c, sequences: 20, seed: UInt64($0))).loss }
            return (losses, Array(model.parameters.values))
        }
        #expect(runs.allSatisfy { $0.0 == runs[0].0 && $0.1 == runs[0].1 })
    }
}
