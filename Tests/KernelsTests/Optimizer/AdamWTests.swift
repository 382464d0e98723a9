import Kernels
import Testing

@Suite struct AdamWTests {
    /// The algorithm as torch.optim.AdamW documents it, in float64.
    private struct Reference {
        var p: [Double], m: [Double], v: [Double]

        mutating func step(_ number: Int, _ gradients: [Float], rate: Double, decay: Double) {
            let correction1 = 1 - power(0.9, number), correction2 = 1 - power(0.999, number)
            for (i, gradient) in gradients.enumerated() {
                let g = Double(gradient)
                p[i] -= rate * decay * p[i]
                m[i] = 0.9 * m[i] + (1 - 0.9) * g
                v[i] = 0.999 * v[i] + (1 - 0.999) * g * g
                p[i] -= rate * (m[i] / correction1) / ((v[i] / correction2).squareRoot() + 1e-8)
            }
        }

        private func power(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1) { product, _ in product * x } }
    }

    @Test("Twenty steps are PyTorch's", arguments: SupportedSets.all)
    func agreesWithReference(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        for n in [1, 7, 33, 16_385] {
            var p = Matrix.random(1, n, seed: 1).values, m = [Float](repeating: 0, count: n), v = m
            var reference = Reference(p: p.map(Double.init), m: m.map(Double.init), v: v.map(Double.init))
            for number in 1...20 {
                let g = Matrix.random(1, n, seed: UInt64(number + 10)).values
                g.withUnsafeBufferPointer { g in
                    p.withUnsafeMutableBufferPointer { p in
                        m.withUnsafeMutableBufferPointer { m in
                            v.withUnsafeMutableBufferPointer { v in
                                kernels.step(
                                    AdamW(), number: number, learningRate: 0.01, weightDecay: 0.1, gradients: g, parameters: p, first: m,
                                    second: v)
                            }
                        }
                    }
                }
                reference.step(number, g, rate: 0.01, decay: 0.1)
            }
            #expect(normalisedMeanSquareError(p, reference.p) < 1e-11, "\(n) parameters")
            #expect(normalisedMeanSquareError(m, reference.m) < 1e-11)
            #expect(normalisedMeanSquareError(v, reference.v) < 1e-11)
        }
    }

    @Test("A clipped step is that of the clipped gradients", arguments: SupportedSets.all)
    func clipping(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        let g = Matrix.random(1, 100, seed: 1).values
        let norm = g.withUnsafeBufferPointer { kernels.sumOfSquares($0, workspace: Workspace()) }.squareRoot()
        let expected = g.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(abs(norm - expected) < 1e-6 * expected)
        let factor = AdamW.clipFactor(norm: norm, maximum: 1)
        #expect(abs(Double(factor) - 1 / (norm + 1e-6)) < 1e-6)

        func step(_ g: [Float], scale: Float) -> [Float] {
            var p = [Float](repeating: 1, count: 100), m = [Float](repeating: 0.5, count: 100), v = m
            g.withUnsafeBufferPointer { g in
                p.withUnsafeMutableBufferPointer { p in
                    m.withUnsafeMutableBufferPointer { m in
                        v.withUnsafeMutableBufferPointer { v in
                            kernels.step(
                                AdamW(), number: 5, learningRate: 0.1, weightDecay: 0, gradientScale: scale, gradients: g, parameters: p,
                                first: m, second: v)
                        }
                    }
                }
            }
            return p
        }
        #expect(step(g, scale: factor) == step(g.map { $0 * factor }, scale: 1))
    }

    @Test("The clip factor leaves small norms alone, and shows those that are no number")
    func clipFactor() {
        #expect(AdamW.clipFactor(norm: 0.5, maximum: 1) == 1)
        #expect(AdamW.clipFactor(norm: 0, maximum: 1) == 1)
        #expect(AdamW.clipFactor(norm: .infinity, maximum: 1) == 0)
        #expect(AdamW.clipFactor(norm: .nan, maximum: 1).isNaN)
    }

    @Test("The sum of squares does not overflow where float64 does not", arguments: SupportedSets.all)
    func largeSquares(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        func sum(_ x: [Float]) -> Double { x.withUnsafeBufferPointer { kernels.sumOfSquares($0, workspace: Workspace()) } }
        for n in [1, 37, 5_000] {
            var x = Matrix.random(1, n, seed: 3).values
            x[n / 2] = 3e19
            x[n - 1] = -3e38
            let expected = x.reduce(0) { $0 + Double($1) * Double($1) }
            #expect(abs(sum(x) - expected) <= 1e-6 * expected, "\(n) numbers")
            x[0] = .infinity
            #expect(sum(x) == .infinity)
            x[n - 1] = .nan
            #expect(sum(x).isNaN)
        }
    }
}
