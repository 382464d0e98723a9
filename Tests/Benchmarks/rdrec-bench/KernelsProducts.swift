import CPeaks
import Kernels

extension KernelsSuite {
    /// M, N and K; those of 512x512x2048 and more, the first three, are held against the bars.
    private static let shapes = [(512, 512, 2_048), (2_048, 2_048, 512), (1_024, 3_072, 768), (128, 512, 512)]
    private static let barred = 3

    /// float32 and bfloat16 products with weights packed ahead, beside OpenBLAS on the same shapes.
    func products(into report: inout Report) throws {
        let sets: [(InstructionSet, ProductPrecision, String, Double)] = [
            (.avx512, .float32, "f32", 0.8), (.avx2, .float32, "f32", 0.7), (.avx512BF16, .bfloat16, "bf16", 0.7),
            // What surrounds tiles this fast, packing and memory, weighs more.
            (.avx512AMX, .bfloat16, "bf16", 0.35),
        ]
        for (set, precision, type, bar) in sets where supports(set) {
            guard let peak = peak(set, type) else { continue }
            let kernels = try Kernels(instructionSet: set, team: team, float32Backend: .own)
            // The machine's best has the plain name.
            let isBest = precision == .float32 ? set == .avx512 : set == bfloat16Set
            let name = isBest ? "kernels.\(type)" : "kernels.\(set.rawValue).\(type)"
            var worst = 1.0, best = 1.0
            for (index, (m, n, k)) in Self.shapes.enumerated() {
                let a = Numbers(m * k), b = Numbers(n * k), c = Numbers(m * n)
                let weights = PackedWeights(Rows(b.rows(n, k)), precision: precision, kernels: kernels)
                let work = 2 * Double(m) * Double(n) * Double(k)
                let ours = inTurns(work, peak) {
                    kernels.multiply(Rows(a.rows(m, k)), weights, into: c.rows(m, n), workspace: workspace)
                }
                let shape = "\(m)x\(n)x\(k)"
                report.add("\(name).\(shape).peak_fraction", ours.fraction, unit: "fraction", better: "higher")
                report.add("\(name).\(shape).gflops", ours.rate * 1e-9, unit: "GFLOP/s", better: "higher")
                if index < Self.barred { (worst, best) = (min(worst, ours.fraction), min(best, ours.best)) }
                if !isBest { continue }
                let blas = inTurns(work, peak) {
                    team.run(team.size, Sgemm(parts: team.size, m: m, n: n, k: k, a: a.base, b: b.base, c: c.base))
                }
                report.add("\(name).\(shape).over_openblas", ours.fraction / blas.fraction, unit: "ratio", better: "higher")
                if precision == .bfloat16, index == 0 {
                    report.add("kernels.bf16_over_openblas", ours.rate / blas.rate, unit: "ratio", better: "higher", bar: 1.5)
                }
            }
            report.add("\(name).peak_fraction", worst, unit: "fraction", better: "higher", bar: bar)
            report.add("\(name).best_round", best, unit: "fraction", better: "higher")
            report.add("\(name).peak_gflops", peak() * 1e-9, unit: "GFLOP/s", better: "higher")
        }
    }

    /// Quantised weights: rounding the activations and the product, against the peak of byte products.
    func quantized(into report: inout Report) throws {
        let set = byteSet
        guard let peak = peak(set, "int8") else { return }
        let kernels = try Kernels(instructionSet: set, team: team)
        let n = 2_048, k = 2_048
        for type in [TensorType.q4_1, .q8_0, .q4_0, .q4_K, .q5_K, .q6_K] {
            let weights = quantizedWeights(type, rows: n, columns: k, kernels)
            var worst = 1.0, best = 1.0
            for m in [32, 128, 512] {
                let a = Numbers(m * k), c = Numbers(m * n)
                let result = inTurns(2 * Double(m) * Double(n) * Double(k), peak) {
                    workspace.scope {
                        let rounded = kernels.round(Rows(a.rows(m, k)), workspace: workspace)
                        kernels.multiply(rounded, weights, into: c.rows(m, n), workspace: workspace)
                    }
                }
                report.add("kernels.\(type).m\(m).peak_fraction", result.fraction, unit: "fraction", better: "higher")
                (worst, best) = (min(worst, result.fraction), min(best, result.best))
            }
            let bar: Double? = type == .q4_1 || type == .q8_0 ? 0.5 : nil
            report.add("kernels.\(type).peak_fraction", worst, unit: "fraction", better: "higher", bar: bar)
            report.add("kernels.\(type).best_round", best, unit: "fraction", better: "higher")
        }
        report.add("kernels.int8.peak_gops", peak() * 1e-9, unit: "Gop/s", better: "higher")
    }

    func quantizedWeights(_ type: TensorType, rows: Int, columns: Int, _ kernels: Kernels) -> QuantizedWeights {
        // Whatever the bytes, the work is the same; 0x11 makes ordinary numbers of every field.
        let blocks = [UInt8](repeating: 0x11, count: rows * columns / type.blockWeights * type.blockByteCount)
        return blocks.withUnsafeBytes { QuantizedWeights($0, type: type, rows: rows, columns: columns, kernels: kernels) }
    }
}

/// A thread's rows of a product by OpenBLAS.
private struct Sgemm: TileJob {
    let parts: Int
    let m: Int, n: Int, k: Int
    let a: UnsafePointer<Float>
    let b: UnsafePointer<Float>
    let c: UnsafeMutablePointer<Float>

    func run(tile: Int, worker: Int) {
        let from = m * tile / parts, to = m * (tile + 1) / parts
        peak_sgemm(to - from, n, k, a + from * k, b, c + from * n)
    }
}
