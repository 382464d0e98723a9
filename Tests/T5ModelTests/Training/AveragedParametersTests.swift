import Kernels
import T5Model
import Testing

@Suite struct AveragedParametersTests {
    @Test func `The mean keeps what was by the step's number, up to its decay`() throws {
        let c = T5Configuration.small(), kernels = try Kernels.test(threads: 2)
        let start = T5Parameters.random(c, seed: 1), mean = T5Parameters(c)
        mean.copy(from: start)
        let average = AveragedParameters(mean, decay: 0.5)
        var expected = start.values.map { Double($0) }
        for step in 1...12 {
            let present = T5Parameters.random(c, seed: UInt64(step + 1))
            average.update(present, step: step, kernels: kernels)
            let kept = min(0.5, Double(1 + step) / Double(10 + step))
            for i in expected.indices { expected[i] = kept * expected[i] + (1 - kept) * Double(present.values[i]) }
        }
        for entry in mean.layout.entries {
            for i in entry.range { #expect(abs(Double(mean.values[i]) - expected[i]) < 1e-5, "\(entry.name)") }
        }
    }

    @Test func `Its bits do not depend on the threads`() throws {
        let c = T5Configuration.small()
        let means = try [1, 3].map { threads in
            let mean = T5Parameters.random(c, seed: 1)
            let average = AveragedParameters(mean, decay: 0.9)
            for step in 1...3 {
                average.update(T5Parameters.random(c, seed: UInt64(step + 1)), step: step, kernels: try .test(threads: threads))
            }
            return Array(mean.values)
        }
        #expect(means[0] == means[1])
    }
}
