internal import Kernels

/// Attention of a stack to itself, with keys and values of the same rows: out = x + dropout(attention(norm(x)) · Woᵀ).
extension Pass {
    func selfAttention(
        _ x: MutableRows, _ a: Activations.Layer, _ p: AttentionParameters, _ w: T5Weights.Attention, _ stack: StackAttention,
        probabilities: Dropout?, output: Dropout?
    ) {
        workspace.scope {
            let n = normalized(Rows(x), p.norm, inverses: a.attentionInverses)
            kernels.multiply(n, w.input, into: a.qkv, workspace: workspace)
        }
        kernels.attend(
            stack.attention(a, heads: configuration.heads, dropout: probabilities, precision: weights.precision), into: a.attended,
            logSums: a.logSums,
            workspace: workspace)
        addProduct(Rows(a.attended), w.output, to: Rows(x), dropout: output, into: a.afterAttention)
    }

    /// - Parameters:
    ///   - d: [rows, D], the gradient of the result; becomes that of x.
    ///   - g: The gradients of p, added to; that of the bias likewise.
    func selfAttentionBackward(
        _ d: MutableRows, x: MutableRows, _ a: Activations.Layer, _ p: AttentionParameters, _ g: AttentionParameters,
        _ stack: StackAttention, biasGradient: DistanceBias, probabilities: Dropout?, output: Dropout?
    ) {
        let rows = d.count, inner = configuration.innerWidth
        workspace.scope {
            let dqkv = workspace.rows(rows, 3 * inner)
            workspace.scope {
                let dAttended = outputBackward(d, y: Rows(a.attended), weights: Rows(p.output), weightGradient: g.output, dropout: output)
                kernels.attendBackward(
                    stack.attention(a, heads: configuration.heads, dropout: probabilities, precision: weights.precision), out: a.attended,
                    logSums: a.logSums,
                    dOut: Rows(dAttended), dq: dqkv.columns(0..<inner), dk: dqkv.columns(inner..<2 * inner),
                    dv: dqkv.columns(2 * inner..<3 * inner), biasGradient: biasGradient, workspace: workspace)
            }
            inputBackward(
                Rows(dqkv), x: Rows(x), norm: p.norm, inverses: a.attentionInverses, weights: Rows(p.input), addedTo: d,
                normGradient: g.norm, weightGradient: g.input)
        }
    }

    /// The gradients of dropout(y · Wᵀ): that of W is added to, that of y, [rows, K], lies in scratch memory.
    func outputBackward(
        _ d: MutableRows, y: Rows, weights: Rows, weightGradient: MutableRows, dropout: Dropout?
    ) -> MutableRows {
        let precision = self.weights.precision, dy = workspace.rows(d.count, weights.columns), dOut = dropped(d, dropout)
        kernels.multiplyTranspose(of: dOut, by: y, into: weightGradient, accumulate: true, precision: precision, workspace: workspace)
        kernels.multiply(dOut, by: weights, into: dy, precision: precision, workspace: workspace)
        return dy
    }
}
