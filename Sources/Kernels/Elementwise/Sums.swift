internal import CKernels

extension Kernels {
    /// y = a + b, [T, N]; y may be either.
    package func add(_ a: Rows, _ b: Rows, into y: MutableRows) {
        Shapes.requireSame("add", a, b, y)
        team.run(RowSum(operations: table.pointee.elementwise, a: a, b: b, bStride: b.stride, y: y))
    }

    /// y = a + bias for each row, [T, N] and [N]; y may be a.
    package func addBias(_ a: Rows, _ bias: UnsafePointer<Float>, into y: MutableRows) {
        Shapes.requireSame("addBias", a, y)
        team.run(RowSum(operations: table.pointee.elementwise, a: a, b: Rows(bias, count: 1, columns: a.columns), bStride: 0, y: y))
    }

    /// y += factor · x, [T, N].
    package func addScaled(_ x: Rows, by factor: Float, to y: MutableRows) {
        Shapes.requireSame("addScaled", x, y)
        team.run(ScaledRows(operations: table.pointee.elementwise, x: x, factor: factor, y: y, add: true))
    }

    /// x = factor · x, [T, N].
    package func scale(_ x: MutableRows, by factor: Float) {
        team.run(ScaledRows(operations: table.pointee.elementwise, x: Rows(x), factor: factor, y: x, add: false))
    }
}

private struct RowSum: RowJob {
    let operations: UnsafePointer<ck_elementwise_ops>
    let a: Rows
    let b: Rows
    let bStride: Int
    let y: MutableRows

    var rows: Int { a.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: a.columns) }

    func run(_ rows: Range<Int>) {
        for row in rows { operations.pointee.add(a[row], b.base + row * bStride, a.columns, y[row]) }
    }
}

private struct ScaledRows: RowJob {
    let operations: UnsafePointer<ck_elementwise_ops>
    let x: Rows
    let factor: Float
    let y: MutableRows
    let add: Bool

    var rows: Int { x.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: x.columns) }

    func run(_ rows: Range<Int>) {
        for row in rows {
            if add {
                operations.pointee.add_scaled(x[row], factor, x.columns, y[row])
            } else {
                operations.pointee.scale(x[row], factor, x.columns, y[row])
            }
        }
    }
}
