import Glibc
import Kernels
import T5Model
import Testing

/// A step of t5-small as users run it. Minutes in debug: the stage `student` of Deploy/test.sh runs it in release.
@Suite struct ResidentMemoryTests {
    @Test("A step of t5-small on 8,000 tokens takes less than 3 GB of memory")
    func resident() async {
        // In a process of its own: the most that it ever had is the step's.
        await #expect(processExitsWith: .success) {
            let c = T5Preset.t5Small.configuration(vocabularyCount: 32_128)
            let parameters = T5Parameters(c)
            parameters.initialize(seed: 1)
            let trainer = T5Trainer(
                T5Model(parameters, kernels: try .test()), TrainingOptions(LearningRateSchedule(peak: 5e-4)))
            var batch = T5Batch(c), random = TestRandom(1)
            for task in 0..<40 {
                try batch.append(
                    tokens: random.tokens(177, of: 3..<32_000), wholeWords: random.tokens(177, of: 0..<512), task: task % 5,
                    labels: random.tokens(20, of: 3..<32_000))
            }
            let report = try trainer.train(on: batch)
            var usage = rusage()
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            let bytes = usage.ru_maxrss * 1_024
            print("RESULT memory: \(bytes / 1_000_000) MB for \(report.tokenCount) tokens, loss \(report.loss)")
            guard report.tokenCount == 8_000, report.loss > 9, report.loss < 13, bytes < 3_000_000_000 else { exit(1) }
        }
    }
}
