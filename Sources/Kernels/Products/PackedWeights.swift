internal import CKernels

/// The weights B[N, K] of a linear layer, packed for one instruction set and precision. Training packs them anew after each step; reading
/// is safe from any number of threads, packing is not.
package final class PackedWeights {
    /// N, the layer's outputs.
    package let rows: Int
    /// K, the layer's inputs.
    package let columns: Int
    package let precision: ProductPrecision
    private let layout: ProductLayout
    private let memory: AlignedBuffer

    /// What the packed weights take.
    package var byteCount: Int { memory.byteCount }
    var panels: UnsafeRawPointer { UnsafeRawPointer(memory.bytes) }

    /// Packs weights[N, K].
    package init(_ weights: Rows, precision: ProductPrecision, kernels: Kernels) {
        rows = weights.count
        columns = weights.columns
        self.precision = precision
        layout = kernels.layout(precision)
        memory = AlignedBuffer(byteCount: layout.rightByteCount(columns: rows, k: columns))
        pack(weights, kernels: kernels)
    }

    /// Packs other weights of the same shape in the place of these.
    package func pack(_ weights: Rows, kernels: Kernels) {
        Shapes.require(
            weights.count == rows && weights.columns == columns, "PackedWeights.pack",
            "weights[\(weights.count), \(weights.columns)] in the place of [\(rows), \(columns)]")
        require(layout: kernels.layout(precision), "PackedWeights.pack")
        kernels.team.run(PackRight(layout: layout, operand: ProductOperand(rows: weights), out: memory.bytes))
    }

    /// Panels of one set mean nothing to another.
    func require(layout other: ProductLayout, _ operation: StaticString) {
        Shapes.require(layout.operations == other.operations, operation, "the weights were packed for another instruction set or backend")
    }
}
