internal import Glibc
internal import Kernels
internal import ModelFiles

/// What loading a model took.
package struct LoadReport: Sendable {
    /// From the open file to weights that are ready.
    package let seconds: Double
    package let fileBytes: Int
    /// What the repacked weights take. Norms, biases and rotations are small beside them, and the file's own pages are given back.
    package let weightBytes: Int

    /// Refuses a model whose weights are more than the machine's memory, before any of it is taken: the alternative is to be killed
    /// half way.
    static func requireMemory(for file: GGUFFile, _ precision: WeightPrecision) throws(ModelFileError) {
        var needed = 0
        for name in file.tensorNames {
            let tensor = try file.tensor(name)
            // Tensors do not overlap, so this is at most eight times the file.
            needed += precision == .asStored && tensor.type.blockWeights > 1 ? tensor.byteCount : tensor.rows * tensor.columns * 4
        }
        let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        guard needed <= memory else {
            throw ModelFileError(file: file.path, "its weights take at least \(needed) bytes of memory; this machine has \(memory)")
        }
    }
}

/// Seconds since it was made.
struct LoadClock {
    private let start = ContinuousClock.now

    var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }
}
