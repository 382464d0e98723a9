internal import CKernels

/// Activations A[M, K] rounded to 8 bits, per row and block of 32, in scratch memory: made once, multiplied with several weights.
package struct RoundedActivations: BitwiseCopyable {
    /// M.
    package let rows: Int
    /// K, a multiple of 32.
    package let columns: Int
    fileprivate let arrays: ck_activations
    fileprivate let operations: UnsafePointer<ck_quantized_ops>
}

extension Kernels {
    /// Rows that a quantised product works on together: the weights are read once for all of them.
    package var activationRowsPerPanel: Int { table.pointee.quantized.pointee.rows }

    /// Rounds A[M, K] to 8 bits: q = a · 127 / max|a| of its block. The result lives in the workspace's present scope.
    package func round(_ a: Rows, workspace: Workspace) -> RoundedActivations {
        Shapes.require(a.columns % 32 == 0, "round", "rows of \(a.columns), which is not a multiple of 32")
        let blocks = a.columns / 32
        let arrays = ck_activations(
            values: workspace.values(Int8.self, a.count * a.columns),
            scales: workspace.floats(a.count * blocks),
            negative_sums: workspace.values(Int32.self, a.count * blocks),
            negative_half_sums: workspace.values(Int32.self, a.count * blocks * 2),
            scaled_sums: workspace.floats(a.count * blocks))
        let operations = table.pointee.quantized
        // Whole panels of about 8,192 numbers together, a microsecond or two: less would not pay for the hand-out.
        let height = operations.pointee.rows, rowsPerTile = height * max(1, 8_192 / max(height * a.columns, 1))
        team.run(
            (a.count + rowsPerTile - 1) / rowsPerTile, RoundRows(operations: operations, a: a, rowsPerTile: rowsPerTile, arrays: arrays))
        return RoundedActivations(rows: a.count, columns: a.columns, arrays: arrays, operations: operations)
    }

    /// C[M, N] = A[M, K] · Wᵀ for rounded activations and quantised weights W[N, K], or added to C.
    ///
    /// Products within a group of weights are exact; groups are scaled and added in float32, in order. A row of C has the same bits
    /// whatever other rows are in A and however many threads the team has.
    package func multiply(
        _ a: RoundedActivations, _ weights: QuantizedWeights, into c: MutableRows, accumulate: Bool = false, workspace: Workspace
    ) {
        Shapes.require(
            a.columns == weights.columns && c.count == a.rows && c.columns == weights.rows, "multiply",
            "C[\(c.count), \(c.columns)] = A[\(a.rows), \(a.columns)] · weights[\(weights.rows), \(weights.columns)]ᵀ")
        weights.require(operations: a.operations, "multiply")
        guard c.count > 0, c.columns > 0 else { return }
        let geometry = a.operations.pointee
        let tiling = Tiling(
            rows: c.count, columns: c.columns, rowPanel: geometry.rows, columnPanel: geometry.columns, mostRows: 96, mostColumns: 512,
            threads: team.size)
        workspace.scope {
            let scratchByteCount = AlignedBuffer.rounded(geometry.scratch_bytes)
            let scratch = workspace.values(UInt8.self, scratchByteCount * team.size)
            team.run(
                tiling.count,
                QuantizedTiles(
                    operations: a.operations, tiling: tiling, activations: a.arrays, k: a.columns, format: weights.format,
                    panels: weights.panels, panelByteCount: weights.panelByteCount, c: c, accumulate: accumulate, scratch: scratch,
                    scratchByteCount: scratchByteCount))
        }
    }
}

private struct RoundRows: TileJob {
    let operations: UnsafePointer<ck_quantized_ops>
    let a: Rows
    let rowsPerTile: Int
    let arrays: ck_activations

    func run(tile: Int, worker: Int) {
        let height = operations.pointee.rows
        let end = min((tile + 1) * rowsPerTile, a.count)
        for row in stride(from: tile * rowsPerTile, to: end, by: height) {
            withUnsafePointer(to: arrays) {
                operations.pointee.round_rows(a[row], a.stride, min(height, a.count - row), a.columns, $0, row)
            }
        }
    }
}

private struct QuantizedTiles: TileJob {
    let operations: UnsafePointer<ck_quantized_ops>
    let tiling: Tiling
    let activations: ck_activations
    let k: Int
    let format: ck_weight_format
    let panels: UnsafeRawPointer
    let panelByteCount: Int
    let c: MutableRows
    let accumulate: Bool
    let scratch: UnsafeMutablePointer<UInt8>
    let scratchByteCount: Int

    func run(tile: Int, worker: Int) {
        let (rows, columns) = tiling.ranges(tile, rows: c.count, columns: c.columns)
        let width = operations.pointee.columns
        for column in stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
            withUnsafePointer(to: activations) {
                operations.pointee.tile(
                    $0, rows.lowerBound, rows.count, k, format, panels + column / width * panelByteCount, c[rows.lowerBound] + column,
                    c.stride,
                    min(width, columns.upperBound - column), accumulate ? 1 : 0, scratch + worker * scratchByteCount)
            }
        }
    }
}
