internal import CKernels

/// The functions between a feed-forward layer's two products.
package enum Activation: String, Sendable, CaseIterable {
    /// max(x, 0): the first T5.
    case relu
    /// x / (1 + e^-x): Llama.
    case silu
    /// x / 2 (1 + tanh(√(2/π) (x + 0.044715 x³))): `gelu_new` of T5 1.1 and Flan-T5.
    case geluTanh
    /// x / 2 (1 + erf(x / √2)).
    case geluExact

    fileprivate var code: ck_activation {
        switch self {
        case .relu: CK_RELU
        case .silu: CK_SILU
        case .geluTanh: CK_GELU_TANH
        case .geluExact: CK_GELU_EXACT
        }
    }
}

extension Kernels {
    /// y = f(x), [T, F]; y may be x.
    package func activate(_ f: Activation, _ x: Rows, into y: MutableRows) {
        Shapes.requireSame("activate", x, y)
        team.run(Activate(operations: table.pointee.elementwise, f: f.code, x: x, y: y))
    }

    /// dx = f'(x) · dy; dx may be dy or x.
    package func activateBackward(_ f: Activation, _ x: Rows, dy: Rows, into dx: MutableRows) {
        Shapes.requireSame("activateBackward", x, dy, dx)
        team.run(ActivateBackward(operations: table.pointee.elementwise, f: f.code, x: x, dy: dy, dx: dx))
    }

    /// y = f(gate) · up, [T, F] (Shazeer, "GLU variants improve transformer", 2020). Gate and up may be columns of one product's result.
    package func gate(_ f: Activation, _ gate: Rows, _ up: Rows, into y: MutableRows) {
        Shapes.requireSame("gate", gate, up, y)
        team.run(Gate(operations: table.pointee.elementwise, f: f.code, gate: gate, up: up, y: y))
    }

    /// The gradients of ``gate(_:_:_:into:)``; each may be dy or the input that it belongs to.
    package func gateBackward(_ f: Activation, _ gate: Rows, _ up: Rows, dy: Rows, gateGradient: MutableRows, upGradient: MutableRows) {
        Shapes.requireSame("gateBackward", gate, up, dy)
        Shapes.requireSame("gateBackward", gate, gateGradient, upGradient)
        team.run(
            GateBackward(
                operations: table.pointee.elementwise, f: f.code, gate: gate, up: up, dy: dy, gateGradient: gateGradient,
                upGradient: upGradient))
    }
}

private struct Activate: RowJob {
    let operations: UnsafePointer<ck_elementwise_ops>
    let f: ck_activation
    let x: Rows
    let y: MutableRows

    var rows: Int { x.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: x.columns) }

    func run(_ rows: Range<Int>) {
        for row in rows { operations.pointee.activate(f, x[row], x.columns, y[row]) }
    }
}

private struct ActivateBackward: RowJob {
    let operations: UnsafePointer<ck_elementwise_ops>
    let f: ck_activation
    let x: Rows
    let dy: Rows
    let dx: MutableRows

    var rows: Int { x.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: x.columns) }

    func run(_ rows: Range<Int>) {
        for row in rows { operations.pointee.activate_backward(f, x[row], dy[row], x.columns, dx[row]) }
    }
}

private struct Gate: RowJob {
    let operations: UnsafePointer<ck_elementwise_ops>
    let f: ck_activation
    let gate: Rows
    let up: Rows
    let y: MutableRows

    var rows: Int { gate.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: gate.columns) }

    func run(_ rows: Range<Int>) {
        for row in rows { operations.pointee.gate(f, gate[row], up[row], gate.columns, y[row]) }
    }
}

private struct GateBackward: RowJob {
    let operations: UnsafePointer<ck_elementwise_ops>
    let f: ck_activation
    let gate: Rows
    let up: Rows
    let dy: Rows
    let gateGradient: MutableRows
    let upGradient: MutableRows

    var rows: Int { gate.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: gate.columns) }

    func run(_ rows: Range<Int>) {
        for row in rows {
            operations.pointee.gate_backward(f, gate[row], up[row], dy[row], gate.columns, gateGradient[row], upGradient[row])
        }
    }
}
