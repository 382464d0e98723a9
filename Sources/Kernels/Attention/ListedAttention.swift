internal import CKernels

/// The attention of one step of a beam search over one layer: a query a row, each over keys and values of its own ancestors, which lie
/// wherever the steps before left them and which hypotheses share.
package struct ListedAttention {
    /// [T, H · D].
    package let q: Rows
    /// [N, H · D], rows of all hypotheses.
    package let k: Rows
    /// [N, H · D].
    package let v: Rows
    /// H.
    package let heads: Int
    /// What q · k is multiplied by; T5 has 1.
    package let scale: Float
    package let bias: DistanceBias?
    /// The rows of query 0 in the order of positions, the last one its own; then those of query 1, ..
    package let rows: UnsafeBufferPointer<Int32>
    /// [T], where the rows of each query end.
    package let ends: UnsafeBufferPointer<Int32>

    package init(
        q: Rows, k: Rows, v: Rows, heads: Int, scale: Float = 1, bias: DistanceBias? = nil, rows: UnsafeBufferPointer<Int32>,
        ends: UnsafeBufferPointer<Int32>
    ) {
        self.q = q
        self.k = k
        self.v = v
        self.heads = heads
        self.scale = scale
        self.bias = bias
        self.rows = rows
        self.ends = ends
        Shapes.requireSame("ListedAttention", k, v)
        Shapes.require(
            heads > 0 && q.columns % heads == 0 && q.columns == k.columns && ends.count == q.count, "ListedAttention",
            "q \(q.shape), k \(k.shape), \(heads) heads, \(ends.count) ends")
        for row in rows { Shapes.require(row >= 0 && Int(row) < k.count, "ListedAttention", "row \(row) of \(k.count)") }
        var begin: Int32 = 0
        for (query, end) in ends.enumerated() {
            Shapes.require(
                end >= begin && Int(end) <= rows.count, "ListedAttention", "the rows \(begin) to \(end) of query \(query), of \(rows.count)"
            )
            bias?.require(heads: heads, queries: max(Int(end - begin), 1), keys: 1, causal: true, "ListedAttention")
            begin = end
        }
    }

    fileprivate func count(_ query: Int) -> Int { Int(ends[query]) - begin(query) }
    fileprivate func begin(_ query: Int) -> Int { query == 0 ? 0 : Int(ends[query - 1]) }
}

extension Kernels {
    /// softmax(scale · q Kᵀ + bias) V of each query and head. A query without rows gets zeros. A query's result has the same bits whatever
    /// else is in the step.
    ///
    /// - Parameter out: [T, H · D]; may be q.
    package func attend(_ attention: ListedAttention, into out: MutableRows, workspace: Workspace) {
        Shapes.requireSame("attend", attention.q, out)
        workspace.scope {
            let longest = attention.q.count == 0 ? 0 : (0..<attention.q.count).reduce(0) { max($0, attention.count($1)) }
            // Of a cache line's multiple, so that threads do not share lines.
            let scratchCount = longest.rounded(upTo: 16)
            // Without any rows there is nothing to point to; no query reads it then.
            let nowhere = workspace.values(Int32.self, 1)
            team.run(
                attention.q.count,
                ListedQueries(
                    operations: table.pointee.attention, attention: attention, rows: attention.rows.baseAddress ?? UnsafePointer(nowhere),
                    out: out,
                    scratch: workspace.floats(scratchCount * team.size), scratchCount: scratchCount))
        }
    }
}

private struct ListedQueries: TileJob {
    let operations: UnsafePointer<ck_attention_ops>
    let attention: ListedAttention
    let rows: UnsafePointer<Int32>
    let out: MutableRows
    let scratch: UnsafeMutablePointer<Float>
    let scratchCount: Int

    func run(tile: Int, worker: Int) {
        let width = attention.q.columns / attention.heads, count = attention.count(tile)
        for head in 0..<attention.heads {
            let column = head * width
            var work = ck_listed_attention(
                q: attention.q[tile] + column, k: attention.k.base + column, v: attention.v.base + column, k_stride: attention.k.stride,
                v_stride: attention.v.stride, width: width, rows: rows + attention.begin(tile), count: count, scale: attention.scale,
                bias: attention.bias.map { UnsafePointer($0.origin(head)) }, out: out[tile] + column,
                scratch: scratch + worker * scratchCount)
            operations.pointee.listed(&work)
        }
    }
}
