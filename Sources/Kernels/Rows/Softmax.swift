internal import CKernels

extension Kernels {
    /// y = softmax(x) of each row, [T, N]; y may be x.
    package func softmax(_ x: Rows, into y: MutableRows) { softmax(x, into: y, logarithm: false, "softmax") }

    /// y = log(softmax(x)) of each row, [T, N]; y may be x.
    package func logSoftmax(_ x: Rows, into y: MutableRows) { softmax(x, into: y, logarithm: true, "logSoftmax") }

    /// dx of ``softmax(_:into:)`` from its result y and dy; dx may be dy.
    package func softmaxBackward(_ y: Rows, dy: Rows, into dx: MutableRows) {
        softmaxBackward(y, dy: dy, into: dx, logarithm: false, "softmaxBackward")
    }

    /// dx of ``logSoftmax(_:into:)`` from its result y and dy; dx may be dy.
    package func logSoftmaxBackward(_ y: Rows, dy: Rows, into dx: MutableRows) {
        softmaxBackward(y, dy: dy, into: dx, logarithm: true, "logSoftmaxBackward")
    }

    private func softmax(_ x: Rows, into y: MutableRows, logarithm: Bool, _ name: StaticString) {
        Shapes.requireSame(name, x, y)
        team.run(Softmax(operations: table.pointee.rows, x: x, y: y, logarithm: logarithm))
    }

    private func softmaxBackward(_ y: Rows, dy: Rows, into dx: MutableRows, logarithm: Bool, _ name: StaticString) {
        Shapes.requireSame(name, y, dy, dx)
        team.run(SoftmaxBackward(operations: table.pointee.rows, y: y, dy: dy, dx: dx, logarithm: logarithm))
    }
}

private struct Softmax: RowJob {
    let operations: UnsafePointer<ck_row_ops>
    let x: Rows
    let y: MutableRows
    let logarithm: Bool

    var rows: Int { x.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: x.columns) }

    func run(_ rows: Range<Int>) {
        let from = rows.lowerBound
        operations.pointee.softmax(x[from], x.stride, rows.count, x.columns, y[from], y.stride, logarithm ? 1 : 0)
    }
}

private struct SoftmaxBackward: RowJob {
    let operations: UnsafePointer<ck_row_ops>
    let y: Rows
    let dy: Rows
    let dx: MutableRows
    let logarithm: Bool

    var rows: Int { y.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: y.columns) }

    func run(_ rows: Range<Int>) {
        let from = rows.lowerBound
        operations.pointee.softmax_backward(
            y[from], y.stride, dy[from], dy.stride, rows.count, y.columns, dx[from], dx.stride, logarithm ? 1 : 0)
    }
}
