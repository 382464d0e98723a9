internal import CKernels

extension Kernels {
    /// x[t] · weights[id] for the ids of each row: logits of a few tokens, where those of all would be most of the work.
    ///
    /// Sums are float32, and the inputs as they are; a number has the same bits whatever else is asked for.
    ///
    /// - Parameters:
    ///   - x: [T, D].
    ///   - weights: [V, D].
    ///   - ids: Those of row 0, then of row 1, ..; each below V.
    ///   - ends: [T], where the ids of each row end.
    ///   - out: A number for each id.
    package func dots(
        _ x: Rows, _ weights: Rows, ids: UnsafeBufferPointer<Int32>, ends: UnsafeBufferPointer<Int32>, into out: UnsafeMutablePointer<Float>
    ) {
        Shapes.require(
            x.columns == weights.columns && ends.count == x.count, "dots", "x \(x.shape), weights \(weights.shape), \(ends.count) ends")
        var begin: Int32 = 0
        for (row, end) in ends.enumerated() {
            Shapes.require(end >= begin && Int(end) <= ids.count, "dots", "the ids \(begin) to \(end) of row \(row), of \(ids.count)")
            begin = end
        }
        for id in ids { Shapes.require(id >= 0 && Int(id) < weights.count, "dots", "id \(id) among \(weights.count)") }
        guard let ids = ids.baseAddress, let ends = ends.baseAddress else { return }
        team.run(x.count, Dots(operations: table.pointee.rows, x: x, weights: weights, ids: ids, ends: ends, out: out))
    }
}

private struct Dots: TileJob {
    let operations: UnsafePointer<ck_row_ops>
    let x: Rows
    let weights: Rows
    let ids: UnsafePointer<Int32>
    let ends: UnsafePointer<Int32>
    let out: UnsafeMutablePointer<Float>

    func run(tile: Int, worker: Int) {
        let begin = tile == 0 ? 0 : Int(ends[tile - 1])
        operations.pointee.dots(x[tile], x.columns, weights.base, weights.stride, ids + begin, Int(ends[tile]) - begin, out + begin)
    }
}
