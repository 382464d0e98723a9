internal import CKernels
internal import Glibc

/// AdamW with decoupled weight decay (Loshchilov and Hutter, 2019), step for step as `torch.optim.AdamW` has it.
package struct AdamW: Sendable {
    // float64 until the step's constants are made: in float32, 1 - 0.999 would be off by 5e-5 of itself.
    package let beta1: Double
    package let beta2: Double
    /// Added to the root of the second moment.
    package let epsilon: Float

    package init(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    fileprivate func constants(step: Int, learningRate: Double, weightDecay: Double, gradientScale: Float) -> ck_adamw {
        Shapes.require(step >= 1, "AdamW", "step \(step); the first is 1")
        // In float64, as PyTorch: 1 - 0.999^t loses half of its digits in float32.
        let correction1 = 1 - pow(beta1, Double(step)), correction2 = 1 - pow(beta2, Double(step))
        return ck_adamw(
            gradient_scale: gradientScale, decay: Float(1 - learningRate * weightDecay), one_minus_beta1: Float(1 - beta1),
            beta2: Float(beta2), one_minus_beta2: Float(1 - beta2), epsilon: epsilon, step_size: Float(learningRate / correction1),
            inverse_root_correction: Float(1 / correction2.squareRoot()))
    }

    /// What gradients are multiplied by so that their norm is at most `maximum`: maximum / (norm + 1e-6) where that is below 1, as
    /// `torch.nn.utils.clip_grad_norm_` has it. NaN for a norm that is NaN.
    package static func clipFactor(norm: Double, maximum: Double) -> Float {
        let factor = maximum / (norm + 1e-6)
        return factor < 1 || factor.isNaN ? Float(factor) : 1
    }
}

extension Kernels {
    /// One step on one parameter, in one pass over its memory.
    ///
    /// - Parameters:
    ///   - step: The step's number, the first being 1.
    ///   - gradientScale: What the gradients are multiplied by first: ``AdamW/clipFactor(norm:maximum:)``, over accumulated batches.
    ///   - gradients: [n]; not changed.
    ///   - parameters: [n], with the moments `first` and `second` of the same length, zeros before the first step.
    package func step(
        _ optimizer: AdamW, number step: Int, learningRate: Double, weightDecay: Double, gradientScale: Float = 1,
        gradients: UnsafeBufferPointer<Float>, parameters: UnsafeMutableBufferPointer<Float>, first: UnsafeMutableBufferPointer<Float>,
        second: UnsafeMutableBufferPointer<Float>
    ) {
        let n = gradients.count
        Shapes.require(
            parameters.count == n && first.count == n && second.count == n, "AdamW",
            "\(n) gradients, \(parameters.count) parameters, \(first.count) and \(second.count) moments")
        guard let g = gradients.baseAddress, let p = parameters.baseAddress, let m = first.baseAddress, let v = second.baseAddress else {
            return
        }
        let constants = optimizer.constants(
            step: step, learningRate: learningRate, weightDecay: weightDecay, gradientScale: gradientScale)
        team.run(AdamWTiles(operations: table.pointee.optimizer, constants: constants, count: n, g: g, p: p, m: m, v: v))
    }

    /// Σ x², in float32 over 4,096 numbers (in float64 where that overflows) and in float64 over these sums; the same for any number of
    /// threads. Of several parameters the sums add up to the square of the global norm.
    package func sumOfSquares(_ x: UnsafeBufferPointer<Float>, workspace: Workspace) -> Double {
        guard let base = x.baseAddress, x.count > 0 else { return 0 }
        return workspace.scope {
            let tiles = (x.count + SquareTiles.elementsPerTile - 1) / SquareTiles.elementsPerTile
            let sums = workspace.values(Double.self, tiles)
            team.run(SquareTiles(operations: table.pointee.optimizer, count: x.count, x: base, sums: sums))
            return UnsafeBufferPointer(start: sums, count: tiles).reduce(0, +)
        }
    }
}

private struct AdamWTiles: ElementJob {
    let operations: UnsafePointer<ck_optimizer_ops>
    let constants: ck_adamw
    let count: Int
    let g: UnsafePointer<Float>
    let p: UnsafeMutablePointer<Float>
    let m: UnsafeMutablePointer<Float>
    let v: UnsafeMutablePointer<Float>

    func run(_ range: Range<Int>) {
        let from = range.lowerBound
        withUnsafePointer(to: constants) { operations.pointee.adamw($0, range.count, g + from, p + from, m + from, v + from) }
    }
}

private struct SquareTiles: ElementJob {
    let operations: UnsafePointer<ck_optimizer_ops>
    let count: Int
    let x: UnsafePointer<Float>
    let sums: UnsafeMutablePointer<Double>

    func run(_ range: Range<Int>) {
        sums[range.lowerBound / Self.elementsPerTile] = operations.pointee.sum_of_squares(x + range.lowerBound, range.count)
    }
}
