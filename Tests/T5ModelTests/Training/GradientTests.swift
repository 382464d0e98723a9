import Kernels
import T5Model
import Testing

/// Gradients with dropout, which the reference's data has not, and of batches of every kind.
@Suite struct GradientTests {
    static let forms: [(gated: Bool, tied: Bool)] = [(false, true), (true, false), (true, true)]

    @Test("With dropout the gradient is that of the loss with the same masks", arguments: forms)
    func dropout(_ form: (gated: Bool, tied: Bool)) throws {
        let c = T5Configuration.small(gated: form.gated, tied: form.tied, dropout: 0.25)
        let model = try T5Model.random(c), batch = try T5Batch.mixed(c)
        let result = model.gradientValues(batch, dropoutSeed: 3)
        #expect(result.loss != model.gradientValues(batch).loss && result.loss != model.gradientValues(batch, dropoutSeed: 4).loss)
        let start = Array(model.parameters.values)
        // Along the gradient of one parameter after the other: central differences.
        for entry in model.parameters.layout.entries {
            let direction = result.values[entry.range], norm = direction.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            if norm == 0 {
                #expect(entry.name == T5Layout.promptsName || entry.name == T5Layout.wholeWordsName, "\(entry.name)")
                continue
            }
            func loss(_ step: Double) -> Double {
                for i in entry.range { model.parameters.values[i] = start[i] + Float(step * Double(result.values[i]) / norm) }
                model.parametersChanged()
                return model.gradientValues(batch, dropoutSeed: 3).loss.mean
            }
            let slope = (loss(5e-4) - loss(-5e-4)) / 1e-3
            #expect(abs(slope - norm) < 0.02 * norm + 5e-3, "\(entry.name): \(slope) and \(norm)")
            for i in entry.range { model.parameters.values[i] = start[i] }
        }
    }

    @Test("Layers run again give the same bits, and take less memory", arguments: forms)
    func recomputed(_ form: (gated: Bool, tied: Bool)) throws {
        var c = T5Configuration.small(gated: form.gated, tied: form.tied, dropout: 0.25)
        c.encoderLayers = 6
        let batch = try T5Batch.mixed(c, sequences: 200)
        let kept = try T5Model.random(c), recomputed = try T5Model.random(c)
        let expected = kept.gradientValues(batch, dropoutSeed: 3)
        let result = recomputed.gradientValues(batch, dropoutSeed: 3, kept: .layerInputs)
        #expect(result.loss == expected.loss && result.values == expected.values)
        #expect(Double(recomputed.peakByteCount) < 0.7 * Double(kept.peakByteCount))
    }

    @Test("Labels that do not count change nothing")
    func ignored() throws {
        let c = T5Configuration.small(), model = try T5Model.random(c)
        var plain = T5Batch(c), padded = T5Batch(c)
        try plain.append(tokens: [5, 6, 7], labels: [8, 9, 1])
        try padded.append(tokens: [5, 6, 7], labels: [8, 9, 1, -100, -100])
        let expected = model.gradientValues(plain), result = model.gradientValues(padded)
        #expect(expected.loss == result.loss && result.loss.weight == 3)
        #expect(largestDifference(result.values, expected.values) < 1e-6)
    }

    @Test("A batch's gradient is the mean of its sequences' over their labels")
    func additive() throws {
        let c = T5Configuration.small(gated: true), model = try T5Model.random(c)
        let texts: [([Int32], [Int32])] = [([4, 5, 6, 7, 8], [9, 1]), ([10, 11], [12, 13, 14, 15, 1]), ([16], [1])]
        var all = T5Batch(c), sum = [Float](repeating: 0, count: model.parameters.layout.count)
        for (tokens, labels) in texts {
            var alone = T5Batch(c)
            try alone.append(tokens: tokens, labels: labels)
            try all.append(tokens: tokens, labels: labels)
            for (i, value) in model.gradientValues(alone).values.enumerated() { sum[i] += value * Float(labels.count) / 8 }
        }
        #expect(largestDifference(model.gradientValues(all).values, sum) < 2e-6)
    }
}
