internal import Kernels

/// Trains a model step by step: gradients of one or several batches, clipped, and AdamW on all parameters.
///
/// A step is a function of the parameters, the moments, the batches, the options and the step's number alone: a training that is resumed
/// from its state is bit for bit the one that was not stopped. For one thread at a time.
package final class T5Trainer {
    package let model: T5Model
    package let options: TrainingOptions
    /// Steps that are done.
    package private(set) var stepCount: Int
    private let gradients: T5Parameters
    let moments: T5Moments
    private let workspace = Workspace()

    /// - Parameters:
    ///   - moments: Of a training that is resumed, with the steps that it has done.
    package init(_ model: T5Model, _ options: TrainingOptions, moments: T5Moments? = nil, stepCount: Int = 0) {
        let c = model.configuration
        precondition(options.taskWeights.map { $0.count == c.taskCount } ?? true, "weights for another number of tasks than \(c.taskCount)")
        precondition(stepCount >= 0 && (moments != nil || stepCount == 0), "\(stepCount) steps without their moments")
        precondition(moments.map { $0.first.configuration == c } ?? true, "moments of another model")
        self.model = model
        self.options = options
        self.stepCount = stepCount
        self.moments = moments ?? T5Moments(c)
        gradients = T5Parameters(c)
    }

    /// One step on one batch. See ``train(on:)``.
    package func train(on batch: T5Batch) throws(TrainingError) -> StepReport {
        let weight = labelWeight(batch)
        try begin(weight, batch.name)
        let loss = try accumulate(batch, 0, weight: weight)
        return try finish(loss, tokens: batch.tokenCount, name: batch.name)
    }

    /// One step on the gradients of several batches together: those of the mean over all their labels, as if they were one batch.
    ///
    /// - Throws: No label to learn from, or a loss or a gradient that is not finite. Parameters and moments are as they were then.
    package func train(on batches: [T5Batch]) throws(TrainingError) -> StepReport {
        let weight = batches.reduce(0) { $0 + labelWeight($1) }
        try begin(weight, batches.map(\.name).joined(separator: ", "))
        var loss = T5Loss(sum: 0, weight: 0), tokens = 0
        for (index, batch) in batches.enumerated() {
            let part = try accumulate(batch, index, weight: weight)
            loss.sum += part.sum
            loss.weight += part.weight
            tokens += batch.tokenCount
        }
        return try finish(loss, tokens: tokens, name: batches.map(\.name).joined(separator: ", "))
    }

    private func labelWeight(_ batch: T5Batch) -> Double {
        guard let weights = options.taskWeights else { return Double(batch.labelCount) }
        var sum = 0.0
        for (task, span) in zip(batch.tasks, batch.decoderSpans) {
            let weight = task < 0 ? 1 : Double(weights[Int(task)])
            for row in span.queries where batch.labels[row] >= 0 { sum += weight }
        }
        return sum
    }

    private func begin(_ weight: Double, _ name: String) throws(TrainingError) {
        guard weight > 0 else { throw fault("there is no label to learn from", nil, name) }
        model.kernels.zero(gradients.values)
    }

    private func accumulate(_ batch: T5Batch, _ index: Int, weight: Double) throws(TrainingError) -> T5Loss {
        let c = model.configuration
        let dropout = c.dropoutRate > 0 ? StepDropout(c, seed: options.seed, step: stepCount + 1, pass: index) : nil
        let loss = model.gradients(
            batch, addedTo: gradients, gradientScale: Float(1 / weight), taskWeights: options.taskWeights, dropout: dropout,
            kept: options.recomputesLayers ? .layerInputs : .everything)
        guard loss.sum.isFinite else { throw fault("the loss is \(loss.sum)", index, batch.name) }
        return loss
    }

    private func finish(_ loss: T5Loss, tokens: Int, name: String) throws(TrainingError) -> StepReport {
        let kernels = model.kernels
        model.weights.finish(gradients, kernels: kernels)
        let norm = kernels.sumOfSquares(UnsafeBufferPointer(gradients.values), workspace: workspace).squareRoot()
        guard norm.isFinite else { throw fault("the gradient's norm is \(norm)", nil, name) }
        let step = stepCount + 1, rate = options.schedule.rate(step: step)
        let factor = options.maximumGradientNorm.map { AdamW.clipFactor(norm: norm, maximum: $0) } ?? 1
        kernels.step(
            options.optimizer, number: step, learningRate: rate, weightDecay: options.weightDecay, gradientScale: factor,
            gradients: UnsafeBufferPointer(gradients.values), parameters: model.parameters.values, first: moments.first.values,
            second: moments.second.values)
        model.parametersChanged()
        stepCount = step
        return StepReport(step: step, loss: loss.mean, labelWeight: loss.weight, gradientNorm: norm, learningRate: rate, tokenCount: tokens)
    }

    private func fault(_ message: String, _ batch: Int?, _ name: String) -> TrainingError {
        TrainingError(step: stepCount + 1, batch: batch, batchName: name, message: message)
    }
}

/// AdamW's running means of the gradients and of their squares, a number each for every parameter.
package struct T5Moments: Sendable {
    package let first: T5Parameters
    package let second: T5Parameters

    /// Zeros, before the first step.
    package init(_ configuration: T5Configuration) {
        first = T5Parameters(configuration)
        second = T5Parameters(configuration)
    }
}

/// What a step did.
package struct StepReport: Sendable, Equatable {
    /// The first is 1.
    package let step: Int
    /// The mean over the labels, in nats, before the step.
    package let loss: Double
    /// How many labels there were, or the sum of their weights.
    package let labelWeight: Double
    /// Over all parameters, before it was clipped.
    package let gradientNorm: Double
    package let learningRate: Double
    /// Rows of encoder and decoder.
    package let tokenCount: Int
}

/// What stops a training, and where.
package struct TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The step that was not done; the first is 1.
    package let step: Int
    /// The batch within the step, the first being 0; nil when it is of all of them together.
    package let batch: Int?
    package let batchName: String
    package let message: String

    package var description: String {
        "training step \(step), batch\(batch.map { " \($0)" } ?? "")\(batchName.isEmpty ? "" : " '\(batchName)'"): \(message)"
    }
}
