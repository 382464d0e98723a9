internal import CKernels

/// Quantised weights W[N, K] repacked out of GGUF blocks for one instruction set, at 4 or 8 bits a weight and a scale a group: what the
/// file's blocks mean is kept exactly. Reading is safe from any number of threads.
package final class QuantizedWeights {
    /// N, the layer's outputs.
    package let rows: Int
    /// K, the layer's inputs; a multiple of the type's block.
    package let columns: Int
    /// The type of the blocks.
    package let type: TensorType
    let format: ck_weight_format
    let panelByteCount: Int
    private let memory: AlignedBuffer
    private let operations: UnsafePointer<ck_quantized_ops>

    /// What the repacked weights take.
    package var byteCount: Int { memory.byteCount }
    var panels: UnsafeRawPointer { UnsafeRawPointer(memory.bytes) }

    /// - Parameters:
    ///   - blocks: N rows of K weights in blocks of the type, without gaps; not needed afterwards.
    ///   - type: A quantised type.
    ///   - arena: Where the memory comes from; an allocation of its own when nil.
    package init(
        _ blocks: UnsafeRawBufferPointer, type: TensorType, rows: Int, columns: Int, kernels: Kernels, arena: BufferArena? = nil
    ) {
        guard let format = type.weightFormat else { fatalError("Kernels: QuantizedWeights: \(type) is not a quantised type") }
        Shapes.require(
            columns % type.blockWeights == 0 && blocks.count == type.byteCount(rows * columns), "QuantizedWeights",
            "\(blocks.count) bytes of \(type) for weights[\(rows), \(columns)]")
        operations = kernels.table.pointee.quantized
        self.rows = rows
        self.columns = columns
        self.type = type
        self.format = format
        let width = operations.pointee.columns
        panelByteCount = ck_weight_panel_bytes(format, width, columns)
        let count = (rows + width - 1) / width
        memory = arena?.buffer(byteCount: count * panelByteCount) ?? AlignedBuffer(byteCount: count * panelByteCount)
        guard let from = blocks.baseAddress else { return }
        kernels.team.run(
            count,
            RepackPanels(
                format: format, blocks: from, rowByteCount: type.byteCount(columns), rows: rows, width: width, k: columns,
                out: memory.bytes,
                panelByteCount: panelByteCount))
    }

    func require(operations other: UnsafePointer<ck_quantized_ops>, _ operation: StaticString) {
        Shapes.require(operations == other, operation, "the weights were packed for another instruction set")
    }
}

private struct RepackPanels: TileJob {
    let format: ck_weight_format
    let blocks: UnsafeRawPointer
    let rowByteCount: Int
    let rows: Int
    let width: Int
    let k: Int
    let out: UnsafeMutableRawPointer
    let panelByteCount: Int

    func run(tile: Int, worker: Int) {
        let first = tile * width
        ck_weight_panel_pack(
            format, blocks + first * rowByteCount, rowByteCount, min(width, rows - first), width, k, out + tile * panelByteCount)
    }
}
