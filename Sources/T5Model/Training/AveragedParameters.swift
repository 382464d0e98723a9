package import Kernels

/// A running mean of a model's parameters over the steps of its training: the noise of single steps is not in it, so that it is better than any of
/// them while the learning rate is high (Polyak and Juditsky, 1992; as an exponential mean in many trainings since).
///
/// Young means forget faster: step t keeps min(decay, (1 + t) / (10 + t)) of what was. For one thread at a time.
package final class AveragedParameters {
    package let parameters: T5Parameters
    package let decay: Double

    /// - Parameters:
    ///   - parameters: the mean so far, which belongs to this from now on; at the beginning a copy of the model's.
    ///   - decay: in 0 ..< 1.
    package init(_ parameters: T5Parameters, decay: Double) {
        precondition((0..<1).contains(decay), "a mean that keeps \(decay) of what was")
        self.parameters = parameters
        self.decay = decay
    }

    /// Takes in the parameters after a step.
    /// - Parameter step: the first is 1.
    package func update(_ present: T5Parameters, step: Int, kernels: Kernels) {
        precondition(present.configuration == parameters.configuration, "the mean of another model")
        let kept = min(decay, Double(1 + step) / Double(10 + step))
        let mean = Self.rows(parameters), new = Self.rows(present)
        kernels.scale(mean, by: Float(kept))
        kernels.addScaled(Rows(new), by: Float(1 - kept), to: mean)
    }

    /// The whole block in rows, which threads share out.
    private static func rows(_ parameters: T5Parameters) -> MutableRows {
        // Groups begin at cache lines: the block's length is a multiple of 16.
        MutableRows(parameters.base, count: parameters.layout.count / 16, columns: 16)
    }
}
