internal import Kernels

/// Attention of the decoder across to the encoder's output: out = x + dropout(attention(norm(x), encoder) · Woᵀ), without position bias.
/// Keys and values of all layers are one product.
extension Pass {
    func crossAttention(_ layer: Int, _ a: Activations.Layer) {
        let p = parameters.decoderCross(layer), w = weights.decoder[layer].cross
        workspace.scope {
            let n = normalized(Rows(a.afterAttention), p.norm, inverses: a.crossInverses)
            kernels.multiply(n, w.input, into: a.crossQuery, workspace: workspace)
        }
        kernels.attend(across(layer, a), into: a.crossAttended, logSums: a.crossLogSums, workspace: workspace)
        addProduct(
            Rows(a.crossAttended), w.output, to: Rows(a.afterAttention), dropout: dropout?.decoder(layer, .crossOutput), into: a.afterCross)
    }

    private func across(_ layer: Int, _ a: Activations.Layer) -> RaggedAttention {
        RaggedAttention(
            q: Rows(a.crossQuery), k: activations.crossKeys(layer), v: activations.crossValues(layer), heads: configuration.heads,
            dropout: dropout?.decoder(layer, .crossProbabilities), precision: weights.precision, batch.crossSpans)
    }

    /// - Parameters:
    ///   - d: [T, D], the gradient of the result; becomes that of the layer's part before.
    ///   - dKeysValues: [S, L · 2 I], of which the layer's columns are written.
    func crossAttentionBackward(
        _ layer: Int, _ d: MutableRows, _ a: Activations.Layer, dKeysValues: MutableRows, gradients: T5Parameters
    ) {
        let p = parameters.decoderCross(layer), g = gradients.decoderCross(layer), inner = configuration.innerWidth
        workspace.scope {
            let dq = workspace.rows(d.count, inner)
            workspace.scope {
                let dAttended = outputBackward(
                    d, y: Rows(a.crossAttended), weights: Rows(p.output), weightGradient: g.output,
                    dropout: dropout?.decoder(layer, .crossOutput))
                let keys = 2 * layer * inner
                kernels.attendBackward(
                    across(layer, a), out: a.crossAttended, logSums: a.crossLogSums, dOut: Rows(dAttended), dq: dq,
                    dk: dKeysValues.columns(keys..<keys + inner), dv: dKeysValues.columns(keys + inner..<keys + 2 * inner),
                    workspace: workspace)
            }
            inputBackward(
                Rows(dq), x: Rows(a.afterAttention), norm: p.norm, inverses: a.crossInverses, weights: Rows(p.input), addedTo: d,
                normGradient: g.norm, weightGradient: g.input)
        }
    }
}
