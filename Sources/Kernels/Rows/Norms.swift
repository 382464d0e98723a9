internal import CKernels

extension Kernels {
    /// y = x / sqrt(mean(x²) + epsilon) · weight, row by row: RMS norm without bias, as T5 and Llama have it (Zhang and Sennrich, 2019).
    ///
    /// - Parameters:
    ///   - x: [T, D].
    ///   - weight: [D].
    ///   - y: [T, D]; may be x.
    ///   - inverses: [T], receives 1 / sqrt(..) of each row for the backward pass.
    package func rmsNorm(
        _ x: Rows, weight: UnsafePointer<Float>, epsilon: Float, into y: MutableRows, inverses: UnsafeMutablePointer<Float>? = nil
    ) {
        Shapes.requireSame("rmsNorm", x, y)
        team.run(Norm(operations: table.pointee.rows, x: x, weight: weight, epsilon: epsilon, y: y, inverses: inverses))
    }

    /// The gradients of ``rmsNorm(_:weight:epsilon:into:inverses:)``: dx is written, or added to; that of the weight is added to.
    ///
    /// - Parameters:
    ///   - inverses: [T], from the forward pass.
    ///   - dx: [T, D]; may be dy, not x.
    ///   - weightGradient: [D].
    package func rmsNormBackward(
        _ x: Rows, weight: UnsafePointer<Float>, inverses: UnsafePointer<Float>, dy: Rows, into dx: MutableRows, accumulate: Bool = false,
        weightGradient: UnsafeMutablePointer<Float>, workspace: Workspace
    ) {
        Shapes.requireSame("rmsNormBackward", x, dy, dx)
        let tiles = (x.count + NormBackward.rowsPerTile - 1) / NormBackward.rowsPerTile
        workspace.scope {
            // A part a tile, summed in order: the sum does not depend on who does which tile.
            let parts = workspace.rows(tiles, x.columns)
            parts.base.update(repeating: 0, count: tiles * x.columns)
            team.run(
                tiles,
                NormBackward(
                    operations: table.pointee.rows, x: x, weight: weight, inverses: inverses, dy: dy, dx: dx, accumulate: accumulate,
                    parts: parts))
            for tile in 0..<tiles {
                table.pointee.elementwise.pointee.add(weightGradient, parts[tile], x.columns, weightGradient)
            }
        }
    }
}

private struct Norm: RowJob {
    let operations: UnsafePointer<ck_row_ops>
    let x: Rows
    let weight: UnsafePointer<Float>
    let epsilon: Float
    let y: MutableRows
    let inverses: UnsafeMutablePointer<Float>?

    var rows: Int { x.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: x.columns) }

    func run(_ rows: Range<Int>) {
        let from = rows.lowerBound
        operations.pointee.rms_norm(
            x[from], x.stride, weight, epsilon, rows.count, x.columns, y[from], y.stride, inverses.map { $0 + from })
    }
}

private struct NormBackward: TileJob {
    static let rowsPerTile = 64

    let operations: UnsafePointer<ck_row_ops>
    let x: Rows
    let weight: UnsafePointer<Float>
    let inverses: UnsafePointer<Float>
    let dy: Rows
    let dx: MutableRows
    let accumulate: Bool
    let parts: MutableRows

    func run(tile: Int, worker: Int) {
        let from = tile * Self.rowsPerTile
        operations.pointee.rms_norm_backward(
            x[from], x.stride, weight, inverses + from, dy[from], dy.stride, min(Self.rowsPerTile, x.count - from), x.columns, dx[from],
            dx.stride, accumulate ? 1 : 0, parts[tile])
    }
}
