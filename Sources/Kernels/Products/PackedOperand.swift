internal import CKernels

/// How the numbers of a dense product are rounded before they are multiplied; sums are float32 either way.
package enum ProductPrecision: String, Sendable {
    case float32
    /// Inputs rounded to bfloat16, to nearest even: twice the speed where the machine has `avx512_bf16`, and slower than float32 elsewhere.
    case bfloat16
}

/// One side of a dense product: `lines` lines of K numbers each, of which line l at k is `base[l * lineStride + k * kStride]`. A line is a
/// row of A, or a column of the result in B. One of the strides is 1.
struct ProductOperand {
    let base: UnsafePointer<Float>
    let lines: Int
    let k: Int
    let lineStride: Int
    let kStride: Int

    /// The lines are the matrix's rows.
    init(rows: Rows) {
        base = rows.base
        lines = rows.count
        k = rows.columns
        lineStride = rows.stride
        kStride = 1
    }

    /// The lines are the matrix's columns.
    init(columns: Rows) {
        base = columns.base
        lines = columns.columns
        k = columns.count
        lineStride = 1
        kStride = columns.stride
    }
}

/// The geometry of packed operands for a precision, and their packing. See ck_products.h.
struct ProductLayout: @unchecked Sendable {
    // A table of constants.
    let operations: UnsafePointer<ck_product_ops>
    let precision: ProductPrecision

    var rowsPerPanel: Int { operations.pointee.rows }
    var columnsPerPanel: Int { operations.pointee.columns }

    /// 4-byte units along k.
    func steps(_ k: Int) -> Int { precision == .float32 ? k : (k + 1) / 2 }

    /// Rows of the left side to work on at a time: of a pass over k they take 192 KiB, which leaves the second-level cache room for
    /// the right side's panels. Measured on 1 MiB; larger blocks lose a tenth of the speed.
    var rowsPerBlock: Int {
        let steps = operations.pointee.steps_per_pass
        return (1...4_096).contains(steps) ? 49_152 / Int(steps) : 256
    }

    /// Bytes of the packed left side.
    func leftByteCount(rows: Int, k: Int) -> Int {
        let lines = operations.pointee.full_rows != 0 ? rows.rounded(upTo: rowsPerPanel) : rows
        return lines * steps(k) * 4
    }

    /// Bytes of the packed right side.
    func rightByteCount(columns: Int, k: Int) -> Int { columns.rounded(upTo: columnsPerPanel) * steps(k) * 4 }

    /// Packs panel number `panel` of the left side.
    func packLeft(_ operand: ProductOperand, panel: Int, into out: UnsafeMutableRawPointer) {
        let first = panel * rowsPerPanel
        let lines = min(rowsPerPanel, operand.lines - first)
        pack(operand, first, lines, width: operations.pointee.full_rows != 0 ? rowsPerPanel : lines, out)
    }

    /// Packs panel number `panel` of the right side.
    func packRight(_ operand: ProductOperand, panel: Int, into out: UnsafeMutableRawPointer) {
        let first = panel * columnsPerPanel
        pack(operand, first, min(columnsPerPanel, operand.lines - first), width: columnsPerPanel, out)
    }

    private func pack(_ operand: ProductOperand, _ first: Int, _ lines: Int, width: Int, _ out: UnsafeMutableRawPointer) {
        let source = operand.base + first * operand.lineStride
        let to = out + first * steps(operand.k) * 4
        switch precision {
        case .float32:
            operations.pointee.pack_f32(
                source, operand.lineStride, operand.kStride, lines, width, operand.k, to.assumingMemoryBound(to: Float.self))
        case .bfloat16:
            operations.pointee.pack_bf16(
                source, operand.lineStride, operand.kStride, lines, width, operand.k, to.assumingMemoryBound(to: UInt32.self))
        }
    }

    /// C[m, n] (+)= the packed sides, from a panel's beginning each.
    func multiply(
        _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ c: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int, k: Int,
        accumulate: Bool
    ) {
        switch precision {
        case .float32:
            operations.pointee.tile_f32(
                left.assumingMemoryBound(to: Float.self), right.assumingMemoryBound(to: Float.self), c, stride, rows, columns, steps(k),
                accumulate ? 1 : 0)
        case .bfloat16:
            operations.pointee.tile_bf16(
                left.assumingMemoryBound(to: UInt32.self), right.assumingMemoryBound(to: UInt32.self), c, stride, rows, columns, steps(k),
                accumulate ? 1 : 0)
        }
    }
}

extension Kernels {
    func layout(_ precision: ProductPrecision) -> ProductLayout {
        ProductLayout(operations: precision == .float32 ? float32Products : table.pointee.products, precision: precision)
    }
}

extension Int {
    /// The next multiple of `unit`.
    func rounded(upTo unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
