import Kernels

extension KernelsSuite {
    /// Products of a training step at the shapes of t5-small, as training calls them: from float32 in memory to float32 in memory, all
    /// packing included. T tokens; layers from K to N.
    private static let layers = [(512, 512), (2_048, 512), (512, 2_048), (384, 512)]

    /// The three products of a layer, bfloat16, each of the widest set and of the one that has bfloat16 without tiles, in turns.
    func training(into report: inout Report) throws {
        let widest = try Kernels(team: team)
        let dotProducts = supports(.avx512BF16) ? try Kernels(instructionSet: .avx512BF16, team: team) : widest
        var least = Double.infinity
        for tokens in quick ? [2_048] : [512, 2_048, 8_192] {
            for (n, k) in Self.layers {
                let layer = Layer(tokens: tokens, n: n, k: k)
                for form in Layer.Form.allCases {
                    let work = 2 * Double(tokens) * Double(n) * Double(k)
                    let narrow = { work / Self.seconds { layer.run(form, dotProducts, workspace) } }
                    let result = inTurns(work, narrow) { layer.run(form, widest, workspace) }
                    let name = "kernels.training.\(form.rawValue).\(tokens)x\(n)x\(k)"
                    report.add("\(name).gflops", result.rate * 1e-9, unit: "GFLOP/s", better: "higher")
                    report.add("\(name).over_avx512_bf16", result.fraction, unit: "ratio", better: "higher")
                    least = min(least, result.fraction)
                }
            }
        }
        let bar: Double? = widest.instructionSet == .avx512AMX ? 4 : nil
        report.add("kernels.training.over_avx512_bf16", least, unit: "ratio", better: "higher", bar: bar)
        try packing(widest, into: &report)
    }

    /// Packing a layer's weights, which training does after each step, in bytes of float32 read a second.
    private func packing(_ kernels: Kernels, into report: inout Report) throws {
        for (n, k) in Self.layers {
            // As many matrices as the caches do not hold.
            let count = (1 << 25) / (n * k), memory = Numbers(count * n * k)
            let weights = (0..<count).map {
                PackedWeights(Rows(memory.base + $0 * n * k, count: n, columns: k), precision: .bfloat16, kernels: kernels)
            }
            let result = inTurns(4 * Double(count * n * k), { 1 }) {
                for i in 0..<count { weights[i].pack(Rows(memory.base + i * n * k, count: n, columns: k), kernels: kernels) }
            }
            report.add("kernels.training.pack.\(n)x\(k)", result.rate * 1e-9, unit: "GB/s", better: "higher")
        }
    }
}

/// A linear layer's matrices: X[T, K], W[N, K], dY[T, N] and what comes out.
private struct Layer {
    enum Form: String, CaseIterable { case forward, input, weights }

    let tokens: Int, n: Int, k: Int
    let x: Numbers, w: Numbers, dY: Numbers
    let y: Numbers, dX: Numbers, dW: Numbers

    init(tokens: Int, n: Int, k: Int) {
        (self.tokens, self.n, self.k) = (tokens, n, k)
        (x, w, dY) = (Numbers(tokens * k), Numbers(n * k), Numbers(tokens * n))
        (y, dX, dW) = (Numbers(tokens * n), Numbers(tokens * k), Numbers(n * k))
    }

    func run(_ form: Form, _ kernels: Kernels, _ workspace: Workspace) {
        let (input, weights, gradient) = (Rows(x.rows(tokens, k)), Rows(w.rows(n, k)), Rows(dY.rows(tokens, n)))
        switch form {
        case .forward:
            kernels.multiply(input, byTransposeOf: weights, into: y.rows(tokens, n), precision: .bfloat16, workspace: workspace)
        case .input: kernels.multiply(gradient, by: weights, into: dX.rows(tokens, k), precision: .bfloat16, workspace: workspace)
        case .weights:
            kernels.multiplyTranspose(of: gradient, by: input, into: dW.rows(n, k), precision: .bfloat16, workspace: workspace)
        }
    }
}
