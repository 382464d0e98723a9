import Glibc
import Kernels
import T5Model
import Testing

/// What a training has to learn. Minutes in debug: the stage `student` of Deploy/test.sh runs these in release.
@Suite(.serialized) struct LearningTests {
    /// A task that makes its own examples.
    struct Task: Sendable, CustomTestStringConvertible {
        let name: String
        let example: @Sendable (inout TestRandom) -> (tokens: [Int32], labels: [Int32])
        var testDescription: String { name }

        func batch(_ c: T5Configuration, sequences: Int, _ random: inout TestRandom) throws -> T5Batch {
            var batch = T5Batch(c)
            for _ in 0..<sequences {
                let (tokens, labels) = example(&random)
                try batch.append(tokens: tokens, labels: labels)
            }
            return batch
        }
    }

    static let vocabulary = 32

    /// The text, said again.
    static let copy = Task(name: "copy") { random in
        let text = random.tokens(Int.random(in: 2...8, using: &random), of: 2..<Int32(vocabulary))
        return (text + [1], text + [1])
    }
    /// A history in which each item has one successor; what comes after its last one.
    static let next = Task(name: "planted next item") { random in
        var item = Int32.random(in: 0..<29, using: &random), history: [Int32] = []
        for _ in 0..<Int.random(in: 2...8, using: &random) {
            history.append(item + 2)
            item = (item * 3 + 7) % 29
        }
        return (history, [item + 2])
    }

    private func configuration() -> T5Configuration {
        var c = T5Preset.tiny.configuration(vocabularyCount: Self.vocabulary)
        c.dropoutRate = 0
        return c
    }

    private func options(_ steps: Int) -> TrainingOptions {
        var options = TrainingOptions(LearningRateSchedule(peak: 3e-3, warmUpSteps: 20, decay: .cosine, totalSteps: steps))
        options.maximumGradientNorm = 1
        return options
    }

    /// Of the calling thread.
    private func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Of labels that were not trained on, those that are the likeliest token.
    private func accuracy(_ model: T5Model, _ batch: T5Batch) -> Double {
        let rows = batch.labels.count, v = model.configuration.vocabularyCount
        let memory = AlignedBuffer(byteCount: rows * v * 4), places = UnsafeMutableBufferPointer<Int32>.allocate(capacity: rows)
        defer { places.deallocate() }
        let logits = MutableRows(memory.bytes.assumingMemoryBound(to: Float.self), count: rows, columns: v)
        model.forward(batch) { $0.logits(0..<rows, into: logits) }
        if let base = places.baseAddress { model.kernels.largest(Rows(logits), into: base) }
        return Double(zip(places, batch.labels).count { $0 == $1 }) / Double(rows)
    }

    @Test("The smallest model learns simple tasks within a minute", arguments: [copy, next])
    func learns(_ task: Task) throws {
        // So small a model's operations are too short to share them out.
        let c = configuration(), model = try T5Model.random(c, precision: .bfloat16, threads: 1), trainer = T5Trainer(model, options(1_000))
        var random = TestRandom(5)
        // Of this thread, which does all the work: others may be busy.
        let begin = processorSeconds()
        var steps = 0
        let test = try task.batch(c, sequences: 500, &random)
        while steps < 1_000, steps % 50 != 0 || accuracy(model, test) < 0.995 {
            _ = try trainer.train(on: task.batch(c, sequences: 64, &random))
            steps += 1
        }
        let reached = accuracy(model, test), seconds = processorSeconds() - begin
        #expect(reached > 0.99, "\(reached) after \(steps) steps")
        #expect(seconds < 60)
        print("RESULT \(task.name): \(reached) of the labels after \(steps) steps in \(seconds) s")
    }

    @Test("bfloat16 products follow the losses of float32 products")
    func rounded() throws {
        var c = configuration()
        c.dropoutRate = 0.1
        let losses = try [ProductPrecision.float32, .bfloat16].map { precision in
            let trainer = T5Trainer(try T5Model.random(c, precision: precision), options(1_000))
            var random = TestRandom(9)
            return try (0..<200).map { _ in try trainer.train(on: Self.copy.batch(c, sequences: 64, &random)).loss }
        }
        // Means of 20 steps.
        let worst =
            stride(from: 0, to: 200, by: 20).map { from in
                let means = losses.map { $0[from..<from + 20].reduce(0, +) / 20 }
                return abs(means[1] / means[0] - 1)
            }.max() ?? 1
        #expect(worst < 0.02)
        print("RESULT bfloat16: at most \(worst) off, from \(losses[1][0]) to \(losses[1][199])")
    }
}
