internal import CKernels

/// How the numbers of a dense product are rounded before they are multiplied; sums are float32 either way.
package enum ProductPrecision: String, Sendable {
    case float32
    /// Inputs rounded to bfloat16, to nearest even: twice the speed of float32 with `avx512_bf16`, ten times and more with
    /// `avx512_amx`, and slower elsewhere.
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

    private init(base: UnsafePointer<Float>, lines: Int, k: Int, lineStride: Int, kStride: Int) {
        self.base = base
        self.lines = lines
        self.k = k
        self.lineStride = lineStride
        self.kStride = kStride
    }

    /// The lines of a range, at k of another.
    func part(_ range: Range<Int>, k: Range<Int>) -> ProductOperand {
        let offset: Int = range.lowerBound * lineStride + k.lowerBound * kStride
        return ProductOperand(base: base + offset, lines: range.count, k: k.count, lineStride: lineStride, kStride: kStride)
    }
}

/// The geometry of packed operands for a precision, and their packing. See ck_products.h.
struct ProductLayout: @unchecked Sendable {
    // A table of constants.
    let operations: UnsafePointer<ck_product_ops>

    var rowsPerPanel: Int { operations.pointee.rows }
    var columnsPerPanel: Int { operations.pointee.columns }
    var rowsPerBlock: Int { operations.pointee.rows_per_block }

    /// 4-byte units along k.
    func steps(_ k: Int) -> Int {
        let unit = operations.pointee.unit
        return ((k + unit - 1) / unit).rounded(upTo: operations.pointee.step_multiple)
    }

    /// Numbers along k that a tile works through before it goes to the next panel; at least one, at most k.
    func pass(_ k: Int) -> Int {
        let (pass, tooMany) = operations.pointee.steps_per_pass.multipliedReportingOverflow(by: operations.pointee.unit)
        return max(tooMany ? k : min(pass, k), 1)
    }

    /// Bytes of the packed left side.
    func leftByteCount(rows: Int, k: Int) -> Int {
        let lines = operations.pointee.full_rows != 0 ? rows.rounded(upTo: rowsPerPanel) : rows
        return lines * steps(k) * 4
    }

    /// Bytes of the packed right side.
    func rightByteCount(columns: Int, k: Int) -> Int { columns.rounded(upTo: columnsPerPanel) * steps(k) * 4 }

    /// Packs the lines as the left side's panels.
    func packLeft(_ operand: ProductOperand, into out: UnsafeMutableRawPointer) {
        operations.pointee.pack_left(operand.base, operand.lineStride, operand.kStride, operand.lines, operand.k, out)
    }

    /// Packs the lines of a range, from a panel's beginning on, at k of another, as part of the right side's panels at `out`.
    func packRight(_ operand: ProductOperand, _ lines: Range<Int>, k: Range<Int>, into out: UnsafeMutableRawPointer) {
        let part = operand.part(lines, k: k), steps = steps(operand.k)
        let offset: Int = lines.lowerBound * steps + self.steps(k.lowerBound) * columnsPerPanel
        operations.pointee.pack_right(part.base, part.lineStride, part.kStride, part.lines, part.k, steps, out + offset * 4)
    }

    /// C (+)= the packed sides, from a panel's beginning each, over the left side's k.
    ///
    /// - Parameter rightSteps: What a panel of the right side has of units along k.
    func multiply(
        _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, rightSteps: Int, _ c: MutableRows, k: Int, accumulate: Bool
    ) {
        operations.pointee.tile(left, right, rightSteps, c.base, c.stride, c.count, c.columns, steps(k), accumulate ? 1 : 0)
    }
}

extension Kernels {
    func layout(_ precision: ProductPrecision) -> ProductLayout {
        ProductLayout(operations: precision == .float32 ? float32Products : table.pointee.bf16_products)
    }
}

extension Int {
    /// The next multiple of `unit`.
    func rounded(upTo unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
