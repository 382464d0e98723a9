import Kernels
import ModelFiles
import T5Model
import Testing

/// Gradients of every parameter, losses and parameters after three steps of AdamW are the reference's, within the tolerances of its data.
@Suite struct GoldenGradientTests {
    @Test("The gradient of every parameter", arguments: GoldenT5.all, [false, true])
    func gradients(_ golden: GoldenT5, _ recomputesLayers: Bool) throws {
        let model = try T5Model(golden.parameters(), precision: .float32, kernels: .test()), gradients = T5Parameters(model.configuration)
        let reference = try golden.reference()
        let loss = try model.gradients(
            golden.batch(model.configuration), addedTo: gradients, kept: recomputesLayers ? .layerInputs : .everything)
        #expect(try abs(loss.mean - golden.number("loss")) < 1e-5)
        for entry in gradients.layout.entries {
            let ours = Array(try #require(gradients[entry.name]))
            guard let tensor = reference.tensorIfPresent("grad.\(entry.name)") else {
                #expect(T5Layout.isExtra(entry.name) && golden.variant == "ids" && ours.allSatisfy { $0 == 0 }, "\(entry.name)")
                continue
            }
            let theirs = try tensor.floats()
            #expect(largestDifference(ours, theirs) < 5e-5, "\(entry.name)")
            #expect(relativeDifference(ours, theirs) < 1e-4, "\(entry.name)")
        }
    }

    @Test("Three steps of AdamW", arguments: GoldenT5.all)
    func steps(_ golden: GoldenT5) throws {
        let model = try T5Model(golden.parameters(), precision: .float32, kernels: .test())
        let trainer = T5Trainer(model, TrainingOptions(LearningRateSchedule(peak: 5e-4)))
        let batch = try golden.batch(model.configuration), reference = try golden.reference()
        let losses = try (0..<3).map { _ in try trainer.train(on: batch).loss } + [model.loss(batch).mean]
        #expect(largestDifference(losses.map { Float($0) }, try reference.tensor("losses").floats()) < 5e-5)
        var off = 0, total = 0
        for entry in model.parameters.layout.entries {
            // Without a gradient AdamW alone acts on ours, and the reference did not train these.
            guard let tensor = reference.tensorIfPresent("step3.\(entry.name)") else { continue }
            let differences = zip(try #require(model.parameters[entry.name]), try tensor.floats()).map { abs($0 - $1) }
            #expect(differences.allSatisfy { $0 < 1e-3 }, "\(entry.name)")
            off += differences.count { !($0 < 2e-6) }
            total += differences.count
        }
        #expect(Double(off) < 0.001 * Double(total))
    }
}
