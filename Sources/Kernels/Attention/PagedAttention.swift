internal import CKernels

extension Kernels {
    /// Puts the keys and values of a batch's tokens into their sequences' pages, before attention asks for them.
    ///
    /// Sequences may share pages that they read, not one that two of them write: that of the positions first ..< first + rows.count.
    /// Threads put them there at the same time, and this is not checked here.
    ///
    /// - Parameters:
    ///   - keys: [T, Hkv · D], `values` likewise.
    package func append(
        keys: Rows, values: Rows, _ sequences: UnsafeBufferPointer<PagedSequence>, to memory: PagedMemory
    ) {
        Shapes.requireSame("append", keys, values)
        Shapes.require(
            keys.columns == memory.heads * memory.width, "append", "keys \(keys.shape), \(memory.heads) heads of \(memory.width)")
        for sequence in sequences { sequence.require(in: memory, rows: keys.count, "append") }
        guard let first = sequences.baseAddress else { return }
        team.run(
            sequences.count * memory.heads,
            Append(operations: table.pointee.attention, keys: keys, values: values, sequences: first, memory: memory))
    }

    /// Causal attention with grouped heads of a ragged batch over paged keys and values: a token sees its sequence's positions up to its
    /// own, which have been appended. Its result has the same bits however the sequence was cut into batches, and whatever else is in them.
    ///
    /// - Parameters:
    ///   - q: [T, H · D]; query head h uses keys and values of head h / (H / Hkv).
    ///   - heads: H, a multiple of Hkv; at most 24 · Hkv.
    ///   - scale: What q · k is multiplied by, usually 1 / √D.
    ///   - bias: Added to the scores.
    ///   - out: [T, H · D]. No two sequences share rows.
    package func attend(
        _ q: Rows, heads: Int, scale: Float, bias: DistanceBias? = nil, _ sequences: UnsafeBufferPointer<PagedSequence>,
        _ memory: PagedMemory, into out: MutableRows, workspace: Workspace
    ) {
        Shapes.requireSame("attend", q, out)
        Shapes.require(
            heads > 0 && heads % memory.heads == 0 && q.columns == heads * memory.width, "attend",
            "q \(q.shape), \(heads) heads of \(memory.width), \(memory.heads) heads of keys")
        let group = heads / memory.heads, tokensPerTile = CK_ATTENTION_ROWS / group
        Shapes.require(tokensPerTile > 0, "attend", "\(group) query heads for a head of keys; at most \(CK_ATTENTION_ROWS)")
        var tiles = 0, longest = 0
        for sequence in sequences {
            sequence.require(in: memory, rows: q.count, "attend")
            bias?.require(heads: heads, queries: sequence.positions, keys: 1, causal: true, "attend")
            tiles += (sequence.rows.count + tokensPerTile - 1) / tokensPerTile * memory.heads
            longest = max(longest, sequence.positions)
        }
        workspace.scope {
            let list = workspace.values(PagedTiles.Tile.self, tiles)
            var count = 0
            for (index, sequence) in sequences.enumerated() {
                for token in stride(from: 0, to: sequence.rows.count, by: tokensPerTile) {
                    for head in 0..<memory.heads {
                        list[count] = PagedTiles.Tile(sequence: index, token: token, head: head)
                        count += 1
                    }
                }
            }
            let scratchCount = ck_paged_scratch(longest)
            let scratch = workspace.floats(scratchCount * team.size)
            guard let first = sequences.baseAddress else { return }
            team.run(
                tiles,
                PagedTiles(
                    operations: table.pointee.attention, q: q, group: group, scale: scale, bias: bias, sequences: first, memory: memory,
                    out: out, tiles: list, tokensPerTile: tokensPerTile, scratch: scratch, scratchCount: scratchCount))
        }
    }
}

private struct Append: TileJob {
    let operations: UnsafePointer<ck_attention_ops>
    let keys: Rows
    let values: Rows
    let sequences: UnsafePointer<PagedSequence>
    let memory: PagedMemory

    func run(tile: Int, worker: Int) {
        let sequence = sequences[tile / memory.heads], head = tile % memory.heads, row = sequence.rows.lowerBound
        guard !sequence.rows.isEmpty, let pages = sequence.pages.baseAddress else { return }
        operations.pointee.append(
            keys[row] + head * memory.width, keys.stride, values[row] + head * memory.width, values.stride, sequence.rows.count,
            memory.width, sequence.first, memory.keys(head), memory.values(head), memory.pageStride, pages, memory.half ? 1 : 0)
    }
}

private struct PagedTiles: TileJob {
    /// Some tokens of a sequence and a head of keys.
    struct Tile {
        let sequence: Int
        let token: Int
        let head: Int
    }

    let operations: UnsafePointer<ck_attention_ops>
    let q: Rows
    let group: Int
    let scale: Float
    let bias: DistanceBias?
    let sequences: UnsafePointer<PagedSequence>
    let memory: PagedMemory
    let out: MutableRows
    let tiles: UnsafePointer<Tile>
    let tokensPerTile: Int
    let scratch: UnsafeMutablePointer<Float>
    let scratchCount: Int

    func run(tile: Int, worker: Int) {
        let tile = tiles[tile], sequence = sequences[tile.sequence], row = sequence.rows.lowerBound + tile.token
        guard let pages = sequence.pages.baseAddress else { return }
        let column = tile.head * group * memory.width
        var work = ck_paged_attention(
            q: q[row] + column, q_stride: q.stride, head_stride: memory.width, tokens: min(tokensPerTile, sequence.rows.count - tile.token),
            group: group, width: memory.width, first: sequence.first + tile.token, keys: memory.keys(tile.head),
            values: memory.values(tile.head), page_bytes: memory.pageStride, pages: pages, half: memory.half ? 1 : 0, scale: scale,
            bias: bias.map { UnsafePointer($0.origin(tile.head * group)) }, bias_stride: bias?.distances.count ?? 0,
            out: out[row] + column, out_stride: out.stride, out_head_stride: memory.width, scratch: scratch + worker * scratchCount)
        operations.pointee.paged(&work)
    }
}
