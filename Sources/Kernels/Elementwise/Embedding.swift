internal import CKernels
internal import Glibc

extension Kernels {
    /// y[t] = table[ids[t]], or added to y.
    ///
    /// - Parameters:
    ///   - embedding: [V, D].
    ///   - ids: [T], each below V; where it is added a negative one leaves the row of y as it is.
    ///   - y: [T, D].
    package func gather(_ embedding: Rows, _ ids: UnsafeBufferPointer<Int32>, into y: MutableRows, accumulate: Bool = false) {
        requireIdentifiers(
            ids, accumulate ? .min : 0, embedding.shape, embedding.columns == y.columns, embedding.count, y.count, y.shape, "gather")
        guard let ids = ids.baseAddress, y.count > 0 else { return }
        team.run(Gather(operations: table.pointee.elementwise, embedding: embedding, ids: ids, y: y, accumulate: accumulate))
    }

    /// gradient[ids[t]] += dy[t], in the order of t: the backward pass of ``gather(_:_:into:accumulate:)``, with the same bits for any
    /// number of threads.
    ///
    /// - Parameters:
    ///   - dy: [T, D].
    ///   - ids: [T], each below V; any number of them equal, and rows of negative ones left out.
    ///   - gradient: [V, D].
    package func scatterAdd(_ dy: Rows, _ ids: UnsafeBufferPointer<Int32>, to gradient: MutableRows) {
        requireIdentifiers(
            ids, .min, gradient.shape, gradient.columns == dy.columns, gradient.count, dy.count, dy.shape, "scatterAdd")
        guard let ids = ids.baseAddress, dy.count > 0 else { return }
        let job = ScatterAdd(operations: table.pointee.elementwise, dy: dy, ids: ids, gradient: gradient)
        team.run((dy.columns + ScatterAdd.columnsPerTile - 1) / ScatterAdd.columnsPerTile, job)
    }

    private func requireIdentifiers(
        _ ids: UnsafeBufferPointer<Int32>, _ least: Int, _ table: @autoclosure () -> String, _ sameColumns: Bool, _ vocabulary: Int,
        _ rows: Int,
        _ shape: @autoclosure () -> String, _ name: StaticString
    ) {
        Shapes.require(sameColumns && ids.count == rows, name, "\(ids.count) ids, a table of \(table()) and rows of \(shape())")
        for (row, id) in ids.enumerated() {
            Shapes.require(Int(id) >= least && Int(id) < vocabulary, name, "id \(id) of row \(row) among \(vocabulary)")
        }
    }
}

private struct Gather: RowJob {
    let operations: UnsafePointer<ck_elementwise_ops>
    let embedding: Rows
    let ids: UnsafePointer<Int32>
    let y: MutableRows
    let accumulate: Bool

    var rows: Int { y.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: y.columns) }

    func run(_ rows: Range<Int>) {
        for row in rows {
            if ids[row] < 0 { continue }
            let source = embedding[Int(ids[row])]
            if accumulate {
                operations.pointee.add(y[row], source, y.columns, y[row])
            } else {
                memcpy(y[row], source, y.columns * MemoryLayout<Float>.stride)
            }
        }
    }
}

/// A tile is a range of columns and takes all rows: rows with the same id meet in one thread, in order.
private struct ScatterAdd: TileJob {
    static let columnsPerTile = 64

    let operations: UnsafePointer<ck_elementwise_ops>
    let dy: Rows
    let ids: UnsafePointer<Int32>
    let gradient: MutableRows

    func run(tile: Int, worker: Int) {
        let column = tile * Self.columnsPerTile, width = min(Self.columnsPerTile, dy.columns - column)
        for row in 0..<dy.count where ids[row] >= 0 {
            let target = gradient[Int(ids[row])] + column
            operations.pointee.add(target, dy[row] + column, width, target)
        }
    }
}
