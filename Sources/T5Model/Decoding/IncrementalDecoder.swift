package import Kernels

/// The decoder a token at a time, with what it has computed kept: the keys and values of the encoder's output once a request, those of each
/// token that hypotheses have said once a token.
///
/// A batch of requests begins with ``begin(_:)``; then hypotheses get tokens by ``add(_:after:request:)``, and ``step(_:)`` runs all that were
/// added in one go. A token's state has the same bits whatever else is in the batch. For one thread at a time.
package final class IncrementalDecoder {
    package let model: T5Model
    let workspace = Workspace()
    private var pool: TokenPool
    /// [S, L · 2 I]: keys and values of the encoder's output in all layers.
    private var crossMemory = AlignedBuffer(byteCount: 0)
    private var cross: MutableRows
    /// Of each request the rows of `cross`.
    private var encoderRows: [Range<Int>] = []
    private var biasMemory = AlignedBuffer(byteCount: 0)
    /// Positions that the bias table is filled for.
    private var biasReach = 0

    // What the next step runs, and its lists; kept from step to step for their memory.
    private var tokens: [Int32] = []
    private var rows: [Int32] = []
    private var requests: [Int32] = []
    private var paths: [Int32] = []
    private var pathEnds: [Int32] = []
    private var addedWords = AddedWords()
    private var spans: [AttentionSpan] = []

    package init(_ model: T5Model) {
        self.model = model
        let c = model.configuration
        pool = TokenPool(layers: c.decoderLayers, columns: 2 * c.innerWidth)
        cross = MutableRows(crossMemory.bytes.assumingMemoryBound(to: Float.self), count: 0, columns: c.decoderLayers * 2 * c.innerWidth)
    }

    /// Encodes requests, the sequences of a batch without labels, and forgets those before.
    package func begin(_ batch: T5Batch) {
        pool.removeAll()
        removePending()
        biasReach = 0
        encoderRows = batch.encoderSpans.map(\.queries)
        let count = batch.encoderRows.count, columns = cross.columns
        if count * columns * MemoryLayout<Float>.stride > crossMemory.byteCount {
            crossMemory = AlignedBuffer(byteCount: count * columns * MemoryLayout<Float>.stride)
        }
        cross = MutableRows(crossMemory.bytes.assumingMemoryBound(to: Float.self), count: count, columns: columns)
        model.encode(batch) { output in
            model.kernels.multiply(output, model.weights.crossKeysValues, into: cross, workspace: workspace)
        }
    }

    /// Tokens whose keys and values are kept.
    package var keptTokenCount: Int { pool.count }

    /// Adds a token to the next step: the first of a hypothesis, or one after another, which may be of the same step. Tokens of a request come
    /// one after the other, requests in their order.
    ///
    /// - Parameter words: Added to the token's embedding, in a model whose items have content.
    /// - Returns: The token's handle, of which the caller gives up its use by ``release(_:)``.
    package func add(_ token: Int32, after parent: Int32? = nil, words: WeightedWords? = nil, request: Int) -> Int32 {
        precondition(encoderRows.indices.contains(request), "request \(request) of \(encoderRows.count)")
        precondition(request >= Int(requests.last ?? 0), "requests of a step are in their order")
        let row = pool.add(after: parent)
        if let words, !words.isEmpty { addedWords.add(words, to: tokens.count) }
        tokens.append(token)
        rows.append(row)
        requests.append(Int32(request))
        return row
    }

    /// Gives up a token: what only it needed is forgotten.
    package func release(_ row: Int32) { pool.release(row) }

    /// Runs the tokens that were added: calls `body` with their states [n, D] after the last norm, in the order in which they were added,
    /// which are gone when it returns.
    package func step<Result>(_ body: (Rows) throws -> Result) rethrows -> Result {
        prepare()
        return try workspace.scope {
            let x = workspace.rows(tokens.count, model.configuration.width)
            run(x)
            removePending()
            return try body(Rows(x))
        }
    }

    private func removePending() {
        tokens.removeAll(keepingCapacity: true)
        addedWords.removeAll()
        rows.removeAll(keepingCapacity: true)
        requests.removeAll(keepingCapacity: true)
    }

    /// The paths of the step's tokens, its requests' spans, and a bias that reaches far enough.
    private func prepare() {
        paths.removeAll(keepingCapacity: true)
        pathEnds.removeAll(keepingCapacity: true)
        spans.removeAll(keepingCapacity: true)
        var longest = 0, begin = 0
        for (index, row) in rows.enumerated() {
            pool.appendPath(to: row, &paths)
            pathEnds.append(Int32(paths.count))
            longest = max(longest, pool.position(row) + 1)
            if index + 1 == rows.count || requests[index + 1] != requests[index] {
                spans.append(AttentionSpan(queries: begin..<index + 1, keys: encoderRows[Int(requests[index])]))
                begin = index + 1
            }
        }
        guard longest > biasReach else { return }
        biasReach = max(longest, 2 * biasReach, 16)
        let heads = model.configuration.heads, byteCount = biasReach * heads * MemoryLayout<Float>.stride
        if byteCount > biasMemory.byteCount { biasMemory = AlignedBuffer(byteCount: byteCount) }
        bias.fill(from: Rows(model.parameters.decoderBias), model.configuration.decoderBuckets)
    }

    private var bias: DistanceBias {
        DistanceBias(
            biasMemory.bytes.assumingMemoryBound(to: Float.self), heads: model.configuration.heads, distances: 1 - biasReach...0)
    }

    private func run(_ x: MutableRows) {
        guard x.count > 0 else { return }
        let kernels = model.kernels
        tokens.withUnsafeBufferPointer { kernels.gather(model.weights.embedding(model.parameters), $0, into: x) }
        addedWords.add(model.parameters, to: x, kernels: kernels, workspace: workspace)
        for layer in 0..<model.configuration.decoderLayers {
            selfAttention(layer, x)
            crossAttention(layer, x)
            feedForward(layer, x)
        }
        kernels.rmsNorm(Rows(x), weight: model.parameters.decoderNorm, epsilon: model.configuration.normEpsilon, into: x)
    }

    private func normalized(_ x: MutableRows, _ weight: UnsafePointer<Float>) -> Rows {
        let out = workspace.rows(x.count, x.columns)
        model.kernels.rmsNorm(Rows(x), weight: weight, epsilon: model.configuration.normEpsilon, into: out)
        return Rows(out)
    }

    /// x += attention(norm(x)) · Woᵀ, each token over those before it.
    private func selfAttention(_ layer: Int, _ x: MutableRows) {
        let kernels = model.kernels, inner = model.configuration.innerWidth, weights = model.weights.decoder[layer].attention
        workspace.scope {
            let qkv = workspace.rows(x.count, 3 * inner)
            kernels.multiply(
                normalized(x, model.parameters.decoderAttention(layer).norm), weights.input, into: qkv, workspace: workspace)
            let kept = pool.keysValues(layer), q = qkv.columns(0..<inner)
            rows.withUnsafeBufferPointer { rows in
                guard let rows = rows.baseAddress else { return }
                kernels.team.run(
                    (x.count + KeepRows.rowsPerTile - 1) / KeepRows.rowsPerTile,
                    KeepRows(source: Rows(qkv.columns(inner..<3 * inner)), rows: rows, target: kept))
            }
            paths.withUnsafeBufferPointer { paths in
                pathEnds.withUnsafeBufferPointer { ends in
                    let attention = ListedAttention(
                        q: Rows(q), k: Rows(kept.columns(0..<inner)), v: Rows(kept.columns(inner..<2 * inner)),
                        heads: model.configuration.heads, bias: bias, rows: paths, ends: ends)
                    kernels.attend(attention, into: q, workspace: workspace)
                }
            }
            kernels.multiply(Rows(q), weights.output, into: x, accumulate: true, workspace: workspace)
        }
    }

    /// x += attention(norm(x), encoder) · Woᵀ, a request's tokens over its own rows.
    private func crossAttention(_ layer: Int, _ x: MutableRows) {
        let kernels = model.kernels, inner = model.configuration.innerWidth, weights = model.weights.decoder[layer].cross
        workspace.scope {
            let q = workspace.rows(x.count, inner), attended = workspace.rows(x.count, inner)
            kernels.multiply(normalized(x, model.parameters.decoderCross(layer).norm), weights.input, into: q, workspace: workspace)
            let keys = 2 * layer * inner
            spans.withUnsafeBufferPointer { spans in
                let attention = RaggedAttention(
                    q: Rows(q), k: Rows(cross.columns(keys..<keys + inner)), v: Rows(cross.columns(keys + inner..<keys + 2 * inner)),
                    heads: model.configuration.heads, precision: model.weights.precision, spans)
                kernels.attend(
                    attention, into: attended, logSums: workspace.floats(model.configuration.heads * x.count), workspace: workspace)
            }
            kernels.multiply(Rows(attended), weights.output, into: x, accumulate: true, workspace: workspace)
        }
    }

    /// x += f(norm(x) · Wiᵀ) · Woᵀ, or with f(gate) · up.
    private func feedForward(_ layer: Int, _ x: MutableRows) {
        let kernels = model.kernels, c = model.configuration, weights = model.weights.decoder[layer].feedForward
        workspace.scope {
            let hidden = workspace.rows(x.count, c.feedForwardInput)
            kernels.multiply(
                normalized(x, model.parameters.decoderFeedForward(layer).norm), weights.input, into: hidden, workspace: workspace)
            let first = hidden.columns(0..<c.feedForward)
            if c.isGated {
                kernels.gate(c.activation, Rows(first), Rows(hidden.columns(c.feedForward..<2 * c.feedForward)), into: first)
            } else {
                kernels.activate(c.activation, Rows(hidden), into: hidden)
            }
            kernels.multiply(Rows(first), weights.output, into: x, accumulate: true, workspace: workspace)
        }
    }
}

/// Puts the keys and values of a step's tokens into their rows.
private struct KeepRows: TileJob {
    static let rowsPerTile = 16

    let source: Rows
    let rows: UnsafePointer<Int32>
    let target: MutableRows

    func run(tile: Int, worker: Int) {
        for index in tile * Self.rowsPerTile..<min((tile + 1) * Self.rowsPerTile, source.count) {
            target[Int(rows[index])].update(from: source[index], count: source.columns)
        }
    }
}
