internal import Kernels

/// One pass of a model over one batch: what all its layers have in common. Lives within a scope of the workspace.
struct Pass {
    let configuration: T5Configuration
    let parameters: T5Parameters
    let weights: T5Weights
    let kernels: Kernels
    let workspace: Workspace
    let batch: BatchBuffers
    let activations: Activations
    let dropout: StepDropout?
    let encoder: StackAttention
    let decoder: StackAttention

    /// Takes the memory of the activations and of the position biases, and fills the latter.
    init(
        _ parameters: T5Parameters, _ weights: T5Weights, _ batch: BatchBuffers, kept: KeptActivations, dropout: StepDropout?,
        kernels: Kernels, workspace: Workspace
    ) {
        let c = parameters.configuration
        configuration = c
        self.parameters = parameters
        self.weights = weights
        self.batch = batch
        self.dropout = dropout
        self.kernels = kernels
        self.workspace = workspace
        let plan = ActivationPlan(c, encoderRows: batch.encoderRows.count, decoderRows: batch.decoderTokens.count, kept: kept)
        activations = Activations(plan: plan, base: workspace.floats(plan.count), configuration: c)
        encoder = StackAttention(
            spans: batch.encoderSpans, longest: batch.longestEncoder, causal: false, table: Rows(parameters.encoderBias),
            buckets: c.encoderBuckets, heads: c.heads, workspace)
        decoder = StackAttention(
            spans: batch.decoderSpans, longest: batch.longestDecoder, causal: true, table: Rows(parameters.decoderBias),
            buckets: c.decoderBuckets, heads: c.heads, workspace)
    }

    /// x + dropout(y · Wᵀ), the end of each layer's parts. `out` is not x.
    func addProduct(_ y: Rows, _ weights: PackedWeights, to x: Rows, dropout: Dropout?, into out: MutableRows) {
        kernels.multiply(y, weights, into: out, workspace: workspace)
        if let dropout { kernels.dropout(dropout, Rows(out), into: out) }
        kernels.add(x, Rows(out), into: out)
    }

    /// The gradient of what ``addProduct(_:_:to:dropout:into:)`` dropped from: d itself without dropout, scratch memory with it.
    func dropped(_ d: MutableRows, _ dropout: Dropout?) -> Rows {
        guard let dropout else { return Rows(d) }
        let scratch = workspace.rows(d.count, d.columns)
        kernels.dropout(dropout, Rows(d), into: scratch)
        return Rows(scratch)
    }

    /// norm(x), [rows, D], in scratch memory.
    func normalized(_ x: Rows, _ weight: UnsafePointer<Float>, inverses: UnsafeMutablePointer<Float>? = nil) -> Rows {
        let out = workspace.rows(x.count, x.columns)
        kernels.rmsNorm(x, weight: weight, epsilon: configuration.normEpsilon, into: out, inverses: inverses)
        return Rows(out)
    }

    /// The gradients of y = norm(x) · Wᵀ: that of W, and that of x, added to d through the norm.
    func inputBackward(
        _ dy: Rows, x: Rows, norm: UnsafePointer<Float>, inverses: UnsafePointer<Float>, weights: Rows, addedTo d: MutableRows,
        normGradient: UnsafeMutablePointer<Float>, weightGradient: MutableRows
    ) {
        let precision = self.weights.precision
        workspace.scope {
            kernels.multiplyTranspose(
                of: dy, by: normalized(x, norm), into: weightGradient, accumulate: true, precision: precision, workspace: workspace)
        }
        workspace.scope {
            let dn = workspace.rows(x.count, x.columns)
            kernels.multiply(dy, by: weights, into: dn, precision: precision, workspace: workspace)
            kernels.rmsNormBackward(
                x, weight: norm, inverses: inverses, dy: Rows(dn), into: d, accumulate: true, weightGradient: normGradient,
                workspace: workspace)
        }
    }
}

/// What attention of a stack to itself has in all layers: the sequences, and the bias that the first layer's table gives to all.
struct StackAttention {
    let spans: UnsafeBufferPointer<AttentionSpan>
    let causal: Bool
    let bias: DistanceBias
    let buckets: RelativePositionBuckets

    init(
        spans: UnsafeBufferPointer<AttentionSpan>, longest: Int, causal: Bool, table: Rows, buckets: RelativePositionBuckets, heads: Int,
        _ workspace: Workspace
    ) {
        self.spans = spans
        self.causal = causal
        self.buckets = buckets
        bias = Self.table(longest: longest, causal: causal, heads: heads, workspace)
        bias.fill(from: table, buckets)
    }

    private static func table(longest: Int, causal: Bool, heads: Int, _ workspace: Workspace) -> DistanceBias {
        let reach = max(longest, 1) - 1, distances = -reach...(causal ? 0 : reach)
        return DistanceBias(workspace.floats(heads * distances.count), heads: heads, distances: distances)
    }

    /// Memory for the gradient of the bias, zero.
    func gradient(_ workspace: Workspace) -> DistanceBias {
        let count = bias.heads * bias.distances.count, base = workspace.floats(count)
        base.update(repeating: 0, count: count)
        return DistanceBias(base, heads: bias.heads, distances: bias.distances)
    }

    func attention(_ a: Activations.Layer, heads: Int, dropout: Dropout?, precision: ProductPrecision) -> RaggedAttention {
        let inner = a.qkv.columns / 3, qkv = Rows(a.qkv)
        return RaggedAttention(
            q: qkv.columns(0..<inner), k: qkv.columns(inner..<2 * inner), v: qkv.columns(2 * inner..<3 * inner), heads: heads,
            causal: causal, bias: bias, dropout: dropout, precision: precision, spans)
    }
}
