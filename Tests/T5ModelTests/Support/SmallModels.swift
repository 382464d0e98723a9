import Kernels
import T5Model

/// Numbers that are the same in every run.
struct TestRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ state >> 29) &* 0xbf58_476d_1ce4_e5b9
    }

    mutating func tokens(_ count: Int, of range: Range<Int32>) -> [Int32] {
        var tokens: [Int32] = []
        for _ in 0..<count { tokens.append(Int32.random(in: range, using: &self)) }
        return tokens
    }
}

extension T5Configuration {
    /// As small as all parts allow, in two layers each.
    static func small(gated: Bool = false, tied: Bool = true, dropout: Float = 0) -> T5Configuration {
        var c = T5Configuration(vocabularyCount: 40, width: 24, headWidth: 8, heads: 3, feedForward: 32, encoderLayers: 2)
        c.isGated = gated
        c.isTied = tied
        c.activation = gated ? .geluTanh : .relu
        c.dropoutRate = dropout
        c.wholeWordCount = 10
        return c
    }
}

extension T5Parameters {
    /// Numbers from a seed, with biases and norms that matter.
    static func random(_ c: T5Configuration, seed: UInt64 = 1) -> T5Parameters {
        let parameters = T5Parameters(c)
        parameters.initialize(seed: seed)
        var random = TestRandom(seed)
        for entry in parameters.layout.entries where entry.name.hasSuffix("norm.weight") {
            guard let values = parameters[entry.name] else { continue }
            for i in values.indices { values[i] = Float.random(in: 0.5...1.5, using: &random) }
        }
        return parameters
    }
}

extension T5Batch {
    /// Sequences of every kind: with and without soft prompts, whole-word ids and labels that do not count, of different lengths.
    static func mixed(_ c: T5Configuration, sequences: Int = 5, seed: UInt64 = 1) throws -> T5Batch {
        var batch = T5Batch(c), random = TestRandom(seed)
        for index in 0..<sequences {
            let length = Int.random(in: 1...9, using: &random), words = random.tokens(length, of: 0..<Int32(c.wholeWordCount))
            var labels = random.tokens(Int.random(in: 1...6, using: &random), of: 2..<Int32(c.vocabularyCount))
            if index == 1 { labels[labels.count / 2] = -100 }
            try batch.append(
                tokens: random.tokens(length, of: 2..<Int32(c.vocabularyCount)), wholeWords: index % 2 == 0 ? words : nil,
                task: index % 3 == 2 ? nil : index % c.taskCount, labels: labels)
        }
        return batch
    }
}

extension T5Model {
    /// A model of random numbers.
    static func random(
        _ c: T5Configuration, seed: UInt64 = 1, precision: ProductPrecision = .float32, threads: Int = 2
    ) throws -> T5Model {
        T5Model(T5Parameters.random(c, seed: seed), precision: precision, kernels: try .test(threads: threads))
    }

    func gradientValues(
        _ batch: T5Batch, dropoutSeed: UInt64? = nil, kept: KeptActivations = .everything
    ) -> (loss: T5Loss, values: [Float]) {
        let gradients = T5Parameters(configuration)
        let loss = self.gradients(batch, addedTo: gradients, dropoutSeed: dropoutSeed, kept: kept)
        return (loss, Array(gradients.values))
    }
}
