internal import CKernels

extension Kernels {
    /// C[M, N] = A[M, K] · Bᵀ for weights B[N, K] packed ahead; with `accumulate` the product is added to C.
    ///
    /// A row of C has the same bits whatever other rows are in A and however many threads the team has.
    package func multiply(
        _ a: Rows, _ weights: PackedWeights, into c: MutableRows, accumulate: Bool = false, workspace: Workspace
    ) {
        Shapes.require(
            a.columns == weights.columns && c.count == a.count && c.columns == weights.rows, "multiply",
            "C[\(c.count), \(c.columns)] = A[\(a.count), \(a.columns)] · weights[\(weights.rows), \(weights.columns)]ᵀ")
        weights.require(layout: layout(weights.precision), "multiply")
        product(ProductOperand(rows: a), weights.panels, layout(weights.precision), c, accumulate, workspace)
    }

    /// C[M, N] = A[M, K] · B[K, N], or added to C: the gradient of a linear layer's input, dX = dY · W.
    package func multiply(
        _ a: Rows, by b: Rows, into c: MutableRows, accumulate: Bool = false, precision: ProductPrecision, workspace: Workspace
    ) {
        Shapes.require(
            a.columns == b.count && c.count == a.count && c.columns == b.columns, "multiply(by:)",
            "C[\(c.count), \(c.columns)] = A[\(a.count), \(a.columns)] · B[\(b.count), \(b.columns)]")
        product(ProductOperand(rows: a), ProductOperand(columns: b), precision, c, accumulate, workspace)
    }

    /// C[M, N] = A[M, K] · B[N, K]ᵀ, or added to C, for a B that is used once and so not packed ahead.
    package func multiply(
        _ a: Rows, byTransposeOf b: Rows, into c: MutableRows, accumulate: Bool = false, precision: ProductPrecision, workspace: Workspace
    ) {
        Shapes.require(
            a.columns == b.columns && c.count == a.count && c.columns == b.count, "multiply(byTransposeOf:)",
            "C[\(c.count), \(c.columns)] = A[\(a.count), \(a.columns)] · B[\(b.count), \(b.columns)]ᵀ")
        product(ProductOperand(rows: a), ProductOperand(rows: b), precision, c, accumulate, workspace)
    }

    /// C[M, N] = A[T, M]ᵀ · B[T, N], or added to C: the gradient of a linear layer's weights, dW = dYᵀ · X.
    package func multiplyTranspose(
        of a: Rows, by b: Rows, into c: MutableRows, accumulate: Bool = false, precision: ProductPrecision, workspace: Workspace
    ) {
        Shapes.require(
            a.count == b.count && c.count == a.columns && c.columns == b.columns, "multiplyTranspose(of:by:)",
            "C[\(c.count), \(c.columns)] = A[\(a.count), \(a.columns)]ᵀ · B[\(b.count), \(b.columns)]")
        product(ProductOperand(columns: a), ProductOperand(columns: b), precision, c, accumulate, workspace)
    }

    private func product(
        _ a: ProductOperand, _ b: ProductOperand, _ precision: ProductPrecision, _ c: MutableRows, _ accumulate: Bool,
        _ workspace: Workspace
    ) {
        workspace.scope { product(a, pack(b, precision, workspace), layout(precision), c, accumulate, workspace) }
    }

    /// The right side's panels, in the workspace's present scope.
    func pack(_ b: ProductOperand, _ precision: ProductPrecision, _ workspace: Workspace) -> UnsafeRawPointer {
        let layout = layout(precision)
        let panels = workspace.bytes(layout.rightByteCount(columns: b.lines, k: b.k))
        let count = (b.lines + layout.columnsPerPanel - 1) / layout.columnsPerPanel
        team.run(count, PackPanels(layout: layout, operand: b, out: panels, left: false, panels: count, panelsPerTile: 1))
        return UnsafeRawPointer(panels)
    }

    /// C = the left side times packed panels, or added to C.
    func product(
        _ a: ProductOperand, _ panels: UnsafeRawPointer, _ layout: ProductLayout, _ c: MutableRows, _ accumulate: Bool,
        _ workspace: Workspace
    ) {
        guard c.count > 0, c.columns > 0 else { return }
        workspace.scope {
            let left = workspace.bytes(layout.leftByteCount(rows: a.lines, k: a.k))
            let count = (a.lines + layout.rowsPerPanel - 1) / layout.rowsPerPanel
            // Panels are small: a tile of several, or its hand-out would cost more than its packing.
            team.run(
                (count + 7) / 8, PackPanels(layout: layout, operand: a, out: left, left: true, panels: count, panelsPerTile: 8))
            let tiling = Tiling(
                rows: c.count, columns: c.columns, rowPanel: layout.rowsPerPanel, columnPanel: layout.columnsPerPanel,
                mostRows: layout.rowsPerBlock, mostColumns: 512, threads: team.size)
            team.run(
                tiling.count, ProductTiles(layout: layout, tiling: tiling, left: left, right: panels, c: c, k: a.k, accumulate: accumulate))
        }
    }
}

/// Packs one side of a product.
struct PackPanels: TileJob {
    let layout: ProductLayout
    let operand: ProductOperand
    let out: UnsafeMutableRawPointer
    let left: Bool
    let panels: Int
    let panelsPerTile: Int

    func run(tile: Int, worker: Int) {
        for panel in tile * panelsPerTile..<min((tile + 1) * panelsPerTile, panels) {
            if left {
                layout.packLeft(operand, panel: panel, into: out)
            } else {
                layout.packRight(operand, panel: panel, into: out)
            }
        }
    }
}

private struct ProductTiles: TileJob {
    let layout: ProductLayout
    let tiling: Tiling
    let left: UnsafeRawPointer
    let right: UnsafeRawPointer
    let c: MutableRows
    let k: Int
    let accumulate: Bool

    func run(tile: Int, worker: Int) {
        let (rows, columns) = tiling.ranges(tile, rows: c.count, columns: c.columns)
        let lineBytes = layout.steps(k) * 4
        layout.multiply(
            left + rows.lowerBound * lineBytes, right + columns.lowerBound * lineBytes, c[rows.lowerBound] + columns.lowerBound,
            stride: c.stride, rows: rows.count, columns: columns.count, k: k, accumulate: accumulate)
    }
}
