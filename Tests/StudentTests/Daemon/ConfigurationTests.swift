import Daemons
import Foundation
import RPC
import Student
import Testing
import Transport

/// Settings of serving and training.
struct ConfigurationTests {
    private func configuration(_ given: [StudentKey: String]) throws -> StudentConfiguration {
        let base: [StudentKey: String] = [.endpoint: "ipc:///a.ipc", .teacher: "none"]
        let settings = try LayeredSettings(commandLine: base.merging(given) { $1 }, environment: [:])
        return try StudentConfiguration(settings, environment: ["HOME": "/me"])
    }

    @Test("Defaults, and what is set instead")
    func values() throws {
        let usual = try configuration([:])
        #expect(usual.serving == ServingOptions() && usual.keptModels == 5 && usual.activation == .ifBetter)
        #expect(usual.servingThreads >= 1 && usual.trainingThreads >= 1)
        #expect(usual.servingThreads + usual.trainingThreads == max(2, ProcessInfo.processInfo.processorCount))
        let set = try configuration([
            .servingThreads: "3", .trainingThreads: "7", .batch: "16", .batchDelayMs: "0", .maxQueued: "10", .keepModels: "1",
            .activation: "always",
        ])
        #expect(set.servingThreads == 3 && set.trainingThreads == 7 && set.keptModels == 1 && set.activation == .always)
        #expect(set.serving.batch == 16 && set.serving.batchDelay == .zero && set.serving.mostQueued == 10)
    }

    @Test(
        "What is out of range is refused, and the key is named",
        arguments: [
            (StudentKey.servingThreads, "257"), (.trainingThreads, "-1"), (.batch, "0"), (.batch, "1025"), (.batchDelayMs, "1001"),
            (.maxQueued, "0"), (.keepModels, "0"), (.activation, "perhaps"),
        ])
    func refused(_ key: StudentKey, _ text: String) throws {
        let error = #expect(throws: ConfigurationError.self) { _ = try configuration([key: text]) }
        #expect(error?.description.contains(key.rawValue) == true && error?.description.contains(text) == true)
    }
}
