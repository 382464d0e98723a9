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
        team.run(PackRight(layout: layout, operand: b, out: panels))
        return UnsafeRawPointer(panels)
    }

    /// C = the left side times packed panels, or added to C.
    func product(
        _ a: ProductOperand, _ panels: UnsafeRawPointer, _ layout: ProductLayout, _ c: MutableRows, _ accumulate: Bool,
        _ workspace: Workspace
    ) {
        guard c.count > 0, c.columns > 0 else { return }
        workspace.scope {
            if let tiling = Tiling.wholeRows(rows: c.count, columns: c.columns, layout, threads: team.size) {
                let pass = layout.pass(a.k), scratchByteCount = layout.leftByteCount(rows: tiling.rowsPerTile, k: pass)
                let scratch = workspace.bytes(scratchByteCount * team.size)
                team.run(
                    tiling.count,
                    RowBlocks(
                        layout: layout, tiling: tiling, left: a, right: panels, c: c, accumulate: accumulate, pass: pass, scratch: scratch,
                        scratchByteCount: scratchByteCount))
                return
            }
            let left = workspace.bytes(layout.leftByteCount(rows: a.lines, k: a.k))
            team.run(PackLeft(layout: layout, operand: a, out: left))
            let tiling = Tiling(
                rows: c.count, columns: c.columns, rowPanel: layout.rowsPerPanel, columnPanel: layout.columnsPerPanel,
                mostRows: layout.rowsPerBlock, mostColumns: 512, threads: team.size)
            team.run(
                tiling.count,
                ProductTiles(layout: layout, tiling: tiling, left: left, right: panels, c: c, k: a.k, accumulate: accumulate))
        }
    }
}

extension Tiling {
    /// Blocks of rows by all columns, each of which packs its own part of the left side; nil where there are too few rows for the threads,
    /// or so many columns that a block of C and the right side would only pass through the second-level cache.
    fileprivate static func wholeRows(rows: Int, columns: Int, _ layout: ProductLayout, threads: Int) -> Tiling? {
        let least = layout.rowsPerBlock / 2
        guard columns <= 4_096, rows >= 2 * threads * least else { return nil }
        let panel = columns.rounded(upTo: layout.columnsPerPanel)
        return Tiling(
            rows: rows, columns: columns, rowPanel: layout.rowsPerPanel, columnPanel: panel, mostRows: layout.rowsPerBlock,
            leastRows: least,
            mostColumns: panel, threads: threads)
    }
}

/// Packs the left side of a product.
private struct PackLeft: RowJob {
    let layout: ProductLayout
    let operand: ProductOperand
    let out: UnsafeMutableRawPointer

    var rows: Int { operand.lines }
    // Whole panels. They are small: a tile of several, or its hand-out would cost more than its packing.
    var rowsPerTile: Int { Self.rowsPerTile(columns: operand.k).rounded(upTo: layout.rowsPerPanel) }

    func run(_ rows: Range<Int>) {
        layout.packLeft(operand.part(rows, k: 0..<operand.k), into: out + rows.lowerBound * layout.steps(operand.k) * 4)
    }
}

/// Packs the right side of a product: a panel a tile or, where the lines are a matrix's columns, all panels of some k, so that rows of
/// the matrix are read as they are in memory.
struct PackRight: TileJob {
    private static let kPerTile = 256

    let layout: ProductLayout
    let operand: ProductOperand
    let out: UnsafeMutableRawPointer

    private var byPanel: Bool { operand.kStride == 1 }
    var tiles: Int {
        let (count, size) = byPanel ? (operand.lines, layout.columnsPerPanel) : (operand.k, Self.kPerTile)
        return (count + size - 1) / size
    }

    func run(tile: Int, worker: Int) {
        if byPanel {
            let first = tile * layout.columnsPerPanel
            layout.packRight(operand, first..<min(first + layout.columnsPerPanel, operand.lines), k: 0..<operand.k, into: out)
        } else {
            let from = tile * Self.kPerTile
            layout.packRight(operand, 0..<operand.lines, k: from..<min(from + Self.kPerTile, operand.k), into: out)
        }
    }
}

extension ThreadTeam {
    func run(_ job: PackRight) { run(job.tiles, job) }
}

/// Tiles of a product whose sides are both packed.
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
        let steps = layout.steps(k)
        layout.multiply(
            left + rows.lowerBound * steps * 4, right + columns.lowerBound * steps * 4, rightSteps: steps, c[rows].columns(columns), k: k,
            accumulate: accumulate)
    }
}

/// Blocks of rows of a product, which pack their part of the left side a pass at a time: it is read from memory once, and multiplied
/// while it is in the second-level cache.
private struct RowBlocks: TileJob {
    let layout: ProductLayout
    let tiling: Tiling
    let left: ProductOperand
    let right: UnsafeRawPointer
    let c: MutableRows
    let accumulate: Bool
    let pass: Int
    let scratch: UnsafeMutableRawPointer
    let scratchByteCount: Int

    func run(tile: Int, worker: Int) {
        let rows = tiling.ranges(tile, rows: c.count, columns: c.columns).rows
        let packed = scratch + worker * scratchByteCount, steps = layout.steps(left.k)
        var from = 0
        repeat {
            let k = from..<min(from + pass, left.k)
            layout.packLeft(left.part(rows, k: k), into: packed)
            layout.multiply(
                packed, right + layout.steps(from) * layout.columnsPerPanel * 4, rightSteps: steps, c[rows], k: k.count,
                accumulate: accumulate || from > 0)
            from = k.upperBound
        } while from < left.k
    }
}
