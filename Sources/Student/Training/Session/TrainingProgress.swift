/// Where a training is: with the weights and moments of the same checkpoint, all it needs to go on.
package struct TrainingProgress: Codable, Sendable, Equatable {
    /// That runs or is next; the first is 1.
    package var epoch = 1
    /// Steps of it that are done.
    package var step = 0
    /// Over these steps: what an epoch's means are of, wherever it was stopped.
    package var lossSum = 0.0
    package var gradientNormSum = 0.0
    /// Up to which rationales the epoch reads.
    package var lastRationale: Int64 = 0
    package var bestEpoch = 0
    /// What the best epoch is best by.
    package var bestValue = -Double.infinity
    package var bestMetrics: [String: Double] = [:]
    /// Whether nothing more is to be done.
    package var isThrough = false

    private enum CodingKeys: String, CodingKey {
        case epoch, step
        case lossSum = "loss_sum"
        case gradientNormSum = "gradient_norm_sum"
        case lastRationale = "last_rationale"
        case bestEpoch = "best_epoch"
        case bestValue = "best_value"
        case bestMetrics = "best_metrics"
        case isThrough = "is_through"
    }

    package init() {}

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        epoch = try values.decode(Int.self, forKey: .epoch)
        step = try values.decode(Int.self, forKey: .step)
        lossSum = try values.decode(Double.self, forKey: .lossSum)
        gradientNormSum = try values.decode(Double.self, forKey: .gradientNormSum)
        lastRationale = try values.decode(Int64.self, forKey: .lastRationale)
        bestEpoch = try values.decode(Int.self, forKey: .bestEpoch)
        // JSON has no infinity: before the first validation there is no value.
        bestValue = try values.decodeIfPresent(Double.self, forKey: .bestValue) ?? -.infinity
        bestMetrics = try values.decode([String: Double].self, forKey: .bestMetrics)
        isThrough = try values.decode(Bool.self, forKey: .isThrough)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(epoch, forKey: .epoch)
        try values.encode(step, forKey: .step)
        try values.encode(lossSum, forKey: .lossSum)
        try values.encode(gradientNormSum, forKey: .gradientNormSum)
        try values.encode(lastRationale, forKey: .lastRationale)
        try values.encode(bestEpoch, forKey: .bestEpoch)
        if bestValue.isFinite { try values.encode(bestValue, forKey: .bestValue) }
        try values.encode(bestMetrics, forKey: .bestMetrics)
        try values.encode(isThrough, forKey: .isThrough)
    }
}
