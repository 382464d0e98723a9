internal import CKernels

/// One sequence of a ragged batch: rows of the queries' matrix, and rows of the keys' and values'.
package struct AttentionSpan {
    package let queries: Range<Int>
    package let keys: Range<Int>
    /// What its dropout mask is drawn by. Training gives a sequence a number of its own within the step, which it keeps in whatever
    /// batch it is; its place in the batch when nil.
    package let sequence: UInt32?

    /// Attention across: queries of one matrix over keys of another.
    package init(queries: Range<Int>, keys: Range<Int>, sequence: UInt32? = nil) {
        Shapes.require(sequence != .max, "AttentionSpan", "a sequence numbered \(UInt32.max), one more than there may be")
        self.queries = queries
        self.keys = keys
        self.sequence = sequence
    }

    /// Attention of a sequence to itself.
    package init(_ rows: Range<Int>, sequence: UInt32? = nil) { self.init(queries: rows, keys: rows, sequence: sequence) }
}

/// The attention of one layer over a ragged batch: what forward and backward pass have in common. Values are read where they are; no
/// padding, and no scores but those of 24 queries a thread.
package struct RaggedAttention {
    /// [Tq, H · D].
    package let q: Rows
    /// [Tk, H · D].
    package let k: Rows
    /// [Tk, H · D].
    package let v: Rows
    /// H.
    package let heads: Int
    /// What q · k is multiplied by; T5 has 1.
    package let scale: Float
    /// Query i of a sequence sees its keys 0 ... i only.
    package let causal: Bool
    package let bias: DistanceBias?
    /// Of the probabilities. A sequence's mask depends on these, on its number (``AttentionSpan/sequence``), and on its own shape: not on
    /// the batch around it. Sequence s draws from the stream with s + 1 in its upper half, which no other dropout uses.
    package let dropout: Dropout?
    /// How queries, keys, values, probabilities and their gradients are rounded where they are multiplied; softmax is float32 either way.
    /// `.bfloat16` is two to three times as fast with `avx512_amx`, and float32 with the other sets, which have nothing faster. With it a
    /// causal sequence that has a number which is not finite in bfloat16 gets float32's results.
    package let precision: ProductPrecision
    /// No two share queries.
    package let spans: UnsafeBufferPointer<AttentionSpan>

    package init(
        q: Rows, k: Rows, v: Rows, heads: Int, scale: Float = 1, causal: Bool = false, bias: DistanceBias? = nil, dropout: Dropout? = nil,
        precision: ProductPrecision = .float32, _ spans: UnsafeBufferPointer<AttentionSpan>
    ) {
        self.q = q
        self.k = k
        self.v = v
        self.heads = heads
        self.scale = scale
        self.causal = causal
        self.bias = bias
        self.dropout = dropout
        self.precision = precision
        self.spans = spans
        Shapes.requireSame("RaggedAttention", k, v)
        Shapes.require(
            heads > 0 && q.columns % heads == 0 && q.columns == k.columns, "RaggedAttention",
            "q \(q.shape), k \(k.shape), \(heads) heads")
        for span in spans {
            Shapes.require(
                span.queries.lowerBound >= 0 && span.queries.upperBound <= q.count && span.keys.lowerBound >= 0
                    && span.keys.upperBound <= k.count, "RaggedAttention",
                "a sequence of queries \(span.queries) of \(q.count) and keys \(span.keys) of \(k.count)")
            bias?.require(heads: heads, queries: span.queries.count, keys: span.keys.count, causal: causal, "RaggedAttention")
        }
        requireApart(\.queries, "RaggedAttention")
    }

    /// Stops the program where two sequences share rows that both would write, on different threads. Sequences in the order of their rows
    /// cost a comparison each.
    func requireApart(_ rows: (AttentionSpan) -> Range<Int>, _ operation: StaticString) {
        var end = 0
        for (index, span) in spans.enumerated() {
            if rows(span).lowerBound < end {
                for other in spans[..<index] {
                    Shapes.require(
                        !rows(span).overlaps(rows(other)), operation, "sequences share rows of \(rows(other)) and \(rows(span))")
                }
            }
            end = max(end, rows(span).upperBound)
        }
    }

    var width: Int { q.columns / heads }

    /// Floats of scratch memory that a thread needs.
    var scratchCount: Int { Int(ck_dense_scratch(spans.reduce(0) { max($0, $1.keys.count) }, width)) }

    /// What one tile, sequence `span` and `head`, works on.
    func work(
        span: Int, head: Int, out: MutableRows, logSums: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
    ) -> ck_dense_attention {
        let rows = spans[span], column = head * width, keysRounded = (rows.keys.count + 63) / 64 * 64
        return ck_dense_attention(
            q: q[rows.queries.lowerBound] + column, k: k[rows.keys.lowerBound] + column, v: v[rows.keys.lowerBound] + column,
            q_stride: q.stride, k_stride: k.stride, v_stride: v.stride, queries: rows.queries.count, keys: rows.keys.count, width: width,
            causal: causal ? 1 : 0, scale: scale, bias: bias.map { UnsafePointer($0.origin(head)) }, dropout: dropout?.rate ?? 0,
            seed: dropout?.seed ?? 0, stream: (dropout?.stream ?? 0) | (UInt64(rows.sequence ?? UInt32(span)) + 1) << 32,
            first_element: UInt64(head * rows.queries.count * keysRounded), out: out[rows.queries.lowerBound] + column,
            out_stride: out.stride, log_sum: logSums + head * q.count + rows.queries.lowerBound, scratch: scratch)
    }
}

extension Kernels {
    /// softmax(scale · Q Kᵀ + bias) V of each sequence and head, with dropout of the probabilities. A sequence without keys gets zeros.
    ///
    /// - Parameters:
    ///   - out: [Tq, H · D]. Rows that belong to no sequence are not written.
    ///   - logSums: [H, Tq], for the backward pass.
    package func attend(_ attention: RaggedAttention, into out: MutableRows, logSums: UnsafeMutablePointer<Float>, workspace: Workspace) {
        Shapes.requireSame("attend", attention.q, out)
        workspace.scope {
            let scratchCount = attention.scratchCount
            team.run(
                attention.spans.count * attention.heads,
                ForwardTiles(
                    forward: forward(attention), attention: attention, out: out,
                    logSums: logSums,
                    scratch: workspace.floats(scratchCount * team.size), scratchCount: scratchCount))
        }
    }

    /// The gradients of ``attend(_:into:logSums:workspace:)``.
    ///
    /// - Parameters:
    ///   - out: What the forward pass gave, and its `logSums`.
    ///   - dOut: [Tq, H · D].
    ///   - dq: [Tq, H · D], written for the rows of the sequences; `dk` and `dv`, [Tk, H · D], likewise. No two sequences may share keys.
    ///   - biasGradient: By head and distance, added to. Of the same distances as the bias.
    package func attendBackward(
        _ attention: RaggedAttention, out: MutableRows, logSums: UnsafeMutablePointer<Float>, dOut: Rows, dq: MutableRows, dk: MutableRows,
        dv: MutableRows, biasGradient: DistanceBias? = nil, workspace: Workspace
    ) {
        Shapes.requireSame("attendBackward", attention.q, out, dOut)
        Shapes.requireSame("attendBackward", attention.q, dq)
        Shapes.requireSame("attendBackward", attention.k, dk, dv)
        attention.requireApart(\.keys, "attendBackward")
        Shapes.require(
            biasGradient == nil || biasGradient?.heads == attention.bias?.heads && biasGradient?.distances == attention.bias?.distances,
            "attendBackward", "a bias gradient for \(String(describing: biasGradient?.distances))")
        workspace.scope {
            let scratchCount = attention.scratchCount
            let parts = biasGradient.map { _ in BiasParts(attention, workspace) }
            team.run(
                attention.spans.count * attention.heads,
                BackwardTiles(
                    backward: backward(attention), attention: attention,
                    out: out, logSums: logSums, dOut: dOut, dq: dq, dk: dk, dv: dv, parts: parts,
                    scratch: workspace.floats(scratchCount * team.size), scratchCount: scratchCount))
            if let parts, let biasGradient { parts.add(to: biasGradient, attention) }
        }
    }
}

extension Kernels {
    // Not by `??`, which takes a C function apart and together again, from the heap where nothing is optimised.
    private func forward(_ attention: RaggedAttention) -> @convention(c) (UnsafePointer<ck_dense_attention>) -> Void {
        if let rounded = rounded(attention) { return rounded.pointee.forward }
        return table.pointee.attention.pointee.dense
    }

    private func backward(
        _ attention: RaggedAttention
    ) -> @convention(c) (UnsafePointer<ck_dense_attention>, UnsafePointer<ck_dense_attention_gradients>) -> Void {
        if let rounded = rounded(attention) { return rounded.pointee.backward }
        return table.pointee.attention.pointee.dense_backward
    }

    /// The set's attention in bfloat16, where it is wanted and the set has one.
    private func rounded(_ attention: RaggedAttention) -> UnsafePointer<ck_rounded_attention_ops>? {
        attention.precision == .bfloat16 ? table.pointee.rounded_attention : nil
    }
}

private struct ForwardTiles: TileJob {
    let forward: @convention(c) (UnsafePointer<ck_dense_attention>) -> Void
    let attention: RaggedAttention
    let out: MutableRows
    let logSums: UnsafeMutablePointer<Float>
    let scratch: UnsafeMutablePointer<Float>
    let scratchCount: Int

    func run(tile: Int, worker: Int) {
        var work = attention.work(
            span: tile / attention.heads, head: tile % attention.heads, out: out, logSums: logSums, scratch: scratch + worker * scratchCount
        )
        forward(&work)
    }
}

private struct BackwardTiles: TileJob {
    let backward: @convention(c) (UnsafePointer<ck_dense_attention>, UnsafePointer<ck_dense_attention_gradients>) -> Void
    let attention: RaggedAttention
    let out: MutableRows
    let logSums: UnsafeMutablePointer<Float>
    let dOut: Rows
    let dq: MutableRows
    let dk: MutableRows
    let dv: MutableRows
    let parts: BiasParts?
    let scratch: UnsafeMutablePointer<Float>
    let scratchCount: Int

    func run(tile: Int, worker: Int) {
        let span = tile / attention.heads, head = tile % attention.heads, column = head * attention.width
        let rows = attention.spans[span]
        var work = attention.work(span: span, head: head, out: out, logSums: logSums, scratch: scratch + worker * scratchCount)
        var gradients = ck_dense_attention_gradients(
            d_out: dOut[rows.queries.lowerBound] + column, d_out_stride: dOut.stride, dq: dq[rows.queries.lowerBound] + column,
            dk: dk[rows.keys.lowerBound] + column, dv: dv[rows.keys.lowerBound] + column, dq_stride: dq.stride, dk_stride: dk.stride,
            dv_stride: dv.stride, d_bias: parts.map { $0.origin(attention, span: span, head: head) })
        backward(&work, &gradients)
    }
}
