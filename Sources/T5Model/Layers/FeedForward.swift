internal import Kernels

/// out = x + dropout(dropout(f(norm(x) · Wiᵀ)) · Woᵀ), or with f(gate) · up in the place of f.
extension Pass {
    /// Whether f(x) lies where x was: what relu lets through is enough for its gradient, with the dropout after it too.
    private var activatesInPlace: Bool { !configuration.isGated && configuration.activation == .relu }

    /// - Parameter out: The result; when nil only what the backward pass needs is computed.
    func feedForward(
        _ x: MutableRows, _ a: Activations.Layer, _ p: FeedForwardParameters, _ w: T5Weights.FeedForward, hidden: Dropout?,
        output: Dropout?, into out: MutableRows?
    ) {
        workspace.scope {
            let n = normalized(Rows(x), p.norm, inverses: a.feedForwardInverses)
            kernels.multiply(n, w.input, into: a.hidden, workspace: workspace)
        }
        if activatesInPlace {
            kernels.activate(.relu, Rows(a.hidden), into: a.hidden)
            if let hidden { kernels.dropout(hidden, Rows(a.hidden), into: a.hidden) }
        }
        guard let out else { return }
        workspace.scope { addProduct(activated(a, hidden), w.output, to: Rows(x), dropout: output, into: out) }
    }

    /// dropout(f(..)), [rows, F]: where it lies, or computed into scratch memory.
    private func activated(_ a: Activations.Layer, _ dropout: Dropout?) -> Rows {
        if activatesInPlace { return Rows(a.hidden) }
        let width = configuration.feedForward, h = workspace.rows(a.hidden.count, width)
        if configuration.isGated {
            let (gate, up) = halves(a.hidden)
            kernels.gate(configuration.activation, Rows(gate), Rows(up), into: h)
        } else {
            kernels.activate(configuration.activation, Rows(a.hidden), into: h)
        }
        if let dropout { kernels.dropout(dropout, Rows(h), into: h) }
        return Rows(h)
    }

    private func halves(_ rows: MutableRows) -> (gate: MutableRows, up: MutableRows) {
        let width = configuration.feedForward
        return (rows.columns(0..<width), rows.columns(width..<2 * width))
    }

    /// - Parameters:
    ///   - d: [rows, D], the gradient of the result; becomes that of x.
    ///   - a: `hidden` is lost.
    ///   - g: The gradients of p, added to.
    func feedForwardBackward(
        _ d: MutableRows, x: MutableRows, _ a: Activations.Layer, _ p: FeedForwardParameters, _ g: FeedForwardParameters, hidden: Dropout?,
        output: Dropout?
    ) {
        workspace.scope {
            let dh = outputBackward(d, y: activated(a, hidden), weights: Rows(p.output), weightGradient: g.output, dropout: output)
            if let hidden { kernels.dropout(hidden, Rows(dh), into: dh) }
            var dInput = dh
            if configuration.isGated {
                let (gate, up) = halves(a.hidden)
                kernels.gateBackward(
                    configuration.activation, Rows(gate), Rows(up), dy: Rows(dh), gateGradient: gate, upGradient: up)
                dInput = a.hidden
            } else {
                kernels.activateBackward(configuration.activation, Rows(a.hidden), dy: Rows(dh), into: dh)
            }
            inputBackward(
                Rows(dInput), x: Rows(x), norm: p.norm, inverses: a.feedForwardInverses, weights: Rows(p.input), addedTo: d,
                normGradient: g.norm, weightGradient: g.input)
        }
    }
}
