internal import Kernels

/// The tokens that hypotheses are made of, as a forest: each knows the one before it, and hypotheses that begin alike share what they have in
/// common. The row of a token holds its keys and values in each layer; nothing is copied when hypotheses change places. A token is gone
/// when no hypothesis and no later token needs it, and its row is used again.
struct TokenPool {
    private let layers: Int
    /// 2 I: keys, and values behind them.
    private let columns: Int
    private var memory: [AlignedBuffer] = []
    /// Rows that there is memory for.
    private(set) var capacity = 0
    /// By row: the token before, -1 of the first; how many need it; its place in its hypothesis.
    private var parents: [Int32] = []
    private var uses: [Int32] = []
    private var positions: [Int32] = []
    private var free: [Int32] = []

    init(layers: Int, columns: Int) {
        self.layers = layers
        self.columns = columns
    }

    /// Rows in use.
    var count: Int { capacity - free.count }

    func position(_ row: Int32) -> Int { Int(positions[Int(row)]) }

    /// A row for the token after another one, which the caller has one use of. Its memory is not initialised.
    mutating func add(after parent: Int32?) -> Int32 {
        if free.isEmpty { grow() }
        let row = free.removeLast()
        parents[Int(row)] = parent ?? -1
        uses[Int(row)] = 1
        positions[Int(row)] = 0
        if let parent {
            precondition(uses[Int(parent)] > 0, "a token after one that is gone")
            uses[Int(parent)] += 1
            positions[Int(row)] = positions[Int(parent)] + 1
        }
        return row
    }

    /// Gives up one use of a token.
    mutating func release(_ row: Int32) {
        var row = row
        while row >= 0 {
            precondition(uses[Int(row)] > 0, "a token given up twice")
            uses[Int(row)] -= 1
            if uses[Int(row)] > 0 { return }
            free.append(row)
            row = parents[Int(row)]
        }
    }

    mutating func removeAll() {
        for row in uses.indices { uses[row] = 0 }
        free.removeAll(keepingCapacity: true)
        for row in (0..<capacity).reversed() { free.append(Int32(row)) }
    }

    /// Appends the rows from the first token of a hypothesis to this one.
    func appendPath(to row: Int32, _ rows: inout [Int32]) {
        let begin = rows.count
        for _ in 0...position(row) { rows.append(0) }
        var row = row
        for place in (begin..<rows.count).reversed() {
            rows[place] = row
            row = parents[Int(row)]
        }
    }

    /// [capacity, 2 I] of a layer.
    func keysValues(_ layer: Int) -> MutableRows {
        MutableRows(memory[layer].bytes.assumingMemoryBound(to: Float.self), count: capacity, columns: columns)
    }

    private mutating func grow() {
        let wider = max(64, 2 * capacity), rowBytes = columns * MemoryLayout<Float>.stride
        memory = (0..<layers).map { layer in
            let buffer = AlignedBuffer(byteCount: wider * rowBytes)
            if capacity > 0 { buffer.bytes.copyMemory(from: memory[layer].bytes, byteCount: capacity * rowBytes) }
            return buffer
        }
        for row in (capacity..<wider).reversed() {
            parents.append(-1)
            uses.append(0)
            positions.append(0)
            free.append(Int32(row))
        }
        capacity = wider
    }
}
