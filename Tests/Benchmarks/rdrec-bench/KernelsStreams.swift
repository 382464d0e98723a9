import CPeaks
import Kernels

extension KernelsSuite {
    /// What goes through memory: products with one row, AdamW and RMS norm, on more than the caches hold.
    func streams(into report: inout Report) throws {
        let memory = Self.uncachedMemory()
        let bandwidth = readBandwidth(memory)
        let kernels = try Kernels(team: team)
        decode(kernels, bandwidth, into: &report)

        let n = 1 << 24
        let parts = (0..<4).map { UnsafeMutableBufferPointer(start: memory.base + $0 * n, count: n) }
        // Four arrays read, of which three are written; then one in place. The bound is the same streams without the arithmetic, or
        // reading alone where that is faster.
        let update = streamRate(UnsafePointer(memory.base), (1...3).map { memory.base + $0 * n }, n, bandwidth)
        let adamW = inTurns(28 * Double(n), update) {
            kernels.step(
                AdamW(), number: 10, learningRate: 1e-9, weightDecay: 0, gradients: UnsafeBufferPointer(parts[0]), parameters: parts[1],
                first: parts[2], second: parts[3])
        }
        report.add("kernels.adamw.bandwidth_fraction", adamW.fraction, unit: "fraction", better: "higher", bar: 0.8)

        let x = MutableRows(memory.base, count: 1 << 16, columns: 1_024), weight = Numbers(1_024)
        for i in 0..<1_024 { weight.base[i] = 1 }
        let norm = inTurns(8 * Double(x.count * x.columns), streamRate(nil, [memory.base], x.count * x.columns, bandwidth)) {
            kernels.rmsNorm(Rows(x), weight: weight.base, epsilon: 1e-6, into: x)
        }
        report.add("kernels.rms_norm.bandwidth_fraction", norm.fraction, unit: "fraction", better: "higher", bar: 0.8)
        report.add("kernels.read_bandwidth", bandwidth() * 1e-9, unit: "GB/s", better: "higher")
    }

    /// 256 MiB, larger than any cache.
    static func uncachedMemory() -> Numbers { Numbers(1 << 26) }

    /// Bytes a second that all threads read of a memory of ``uncachedMemory()``.
    func readBandwidth(_ memory: Numbers) -> () -> Double {
        {
            let job = ReadMemory(base: UnsafeRawPointer(memory.base), bytes: 1 << 26)
            return Double(team.size * job.bytes) / Self.seconds { team.run(team.size, job) }
        }
    }

    /// Bytes a second that go through memory when arrays of n numbers are read and written, and g is read; or that reading alone moves.
    private func streamRate(
        _ g: UnsafePointer<Float>?, _ arrays: [UnsafeMutablePointer<Float>], _ n: Int, _ bandwidth: @escaping () -> Double
    ) -> () -> Double {
        let bytes = Double(4 * n * (2 * arrays.count + (g == nil ? 0 : 1)))
        return {
            let job = UpdateMemory(g: g, arrays: arrays, count: n / team.size)
            return max(bandwidth(), bytes / Self.seconds { team.run(team.size, job) })
        }
    }

    /// One row of activations by weights of 256 MiB and more, matrix after matrix as the layers of a model.
    private func decode(_ kernels: Kernels, _ bandwidth: () -> Double, into report: inout Report) {
        let n = 4_096, k = 4_096
        let a = Numbers(k), c = Numbers(n)
        var worst = 1.0, best = 1.0
        for type in [TensorType.q4_1, .q8_0, .q4_K] {
            let fileBytes = n * k / type.blockWeights * type.blockByteCount
            let layers = (0..<(1 << 28) / fileBytes + 1).map { _ in quantizedWeights(type, rows: n, columns: k, kernels) }
            // What is read is the repacked weights: those of the k-quants are a third larger than in the file.
            let bytes = layers.reduce(0) { $0 + $1.byteCount }
            let result = inTurns(Double(bytes), bandwidth) {
                for weights in layers {
                    workspace.scope {
                        let rounded = kernels.round(Rows(a.rows(1, k)), workspace: workspace)
                        kernels.multiply(rounded, weights, into: c.rows(1, n), workspace: workspace)
                    }
                }
            }
            report.add("kernels.decode.\(type).bandwidth_fraction", result.fraction, unit: "fraction", better: "higher")
            report.add(
                "kernels.decode.\(type).file_bytes_fraction", result.fraction * Double(fileBytes * layers.count) / Double(bytes),
                unit: "fraction", better: "higher")
            (worst, best) = (min(worst, result.fraction), min(best, result.best))
        }
        let b = Numbers(n * k)
        let layers = (0..<4).map { _ in PackedWeights(Rows(b.rows(n, k)), precision: .float32, kernels: kernels) }
        let result = inTurns(Double(4 * n * k * layers.count), bandwidth) {
            for weights in layers { kernels.multiply(Rows(a.rows(1, k)), weights, into: c.rows(1, n), workspace: workspace) }
        }
        report.add("kernels.decode.f32.bandwidth_fraction", result.fraction, unit: "fraction", better: "higher")
        report.add("kernels.decode.bandwidth_fraction", min(worst, result.fraction), unit: "fraction", better: "higher", bar: 0.8)
        report.add("kernels.decode.best_round", min(best, result.best), unit: "fraction", better: "higher")
    }
}

/// A thread's part of a stream.
private struct ReadMemory: TileJob {
    let base: UnsafeRawPointer
    let bytes: Int

    func run(tile: Int, worker: Int) { _ = peak_read(base + tile * bytes, bytes) }
}

private struct UpdateMemory: TileJob {
    let g: UnsafePointer<Float>?
    let arrays: [UnsafeMutablePointer<Float>]
    let count: Int

    func run(tile: Int, worker: Int) {
        let from = arrays.map { $0 + tile * count }
        peak_update(g.map { $0 + tile * count }, from, from.count, count)
    }
}
