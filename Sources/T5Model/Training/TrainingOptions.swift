package import Kernels

/// How a training goes on from step to step. A resumed training has to have the same.
package struct TrainingOptions: Sendable, Equatable, Codable {
    package var schedule: LearningRateSchedule
    /// Decoupled, of all parameters, as `torch.optim.AdamW` has it.
    package var weightDecay = 0.01
    package var beta1 = 0.9
    package var beta2 = 0.999
    package var epsilon: Float = 1e-8
    /// Gradients of a greater norm over all parameters are scaled down to it; not when nil.
    package var maximumGradientNorm: Double?
    /// Of dropout.
    package var seed: UInt64 = 0
    /// What the losses of each task's labels weigh; all 1 when nil.
    package var taskWeights: [Float]?
    /// Whether the backward pass runs layers again rather than reading what they kept: for batches too large otherwise. The gradients
    /// are the same bits.
    package var recomputesLayers = false

    package init(_ schedule: LearningRateSchedule) { self.schedule = schedule }

    /// What is wrong with values that a file may hold, for a model of so many tasks; nil when nothing is.
    func fault(taskCount: Int) -> String? {
        if let fault = schedule.fault { return fault }
        guard (0..<1).contains(beta1), (0..<1).contains(beta2), epsilon > 0, epsilon.isFinite else {
            return "AdamW's constants are \(beta1), \(beta2) and \(epsilon)"
        }
        guard weightDecay >= 0, weightDecay.isFinite else { return "the weight decay is \(weightDecay)" }
        if let norm = maximumGradientNorm, !(norm > 0 && norm.isFinite) { return "the greatest norm of gradients is \(norm)" }
        if let weights = taskWeights, weights.count != taskCount || !weights.allSatisfy({ $0 >= 0 && $0.isFinite }) {
            return "the tasks' weights are \(weights), for \(taskCount) tasks"
        }
        return nil
    }

    package var optimizer: AdamW { AdamW(beta1: beta1, beta2: beta2, epsilon: epsilon) }
}
