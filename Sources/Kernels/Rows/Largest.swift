internal import CKernels

extension Kernels {
    /// The place of each row's largest number, of equals the first; -1 for a row without a number above minus infinity. NaN is passed over.
    ///
    /// - Parameter places: [T].
    package func largest(_ x: Rows, into places: UnsafeMutablePointer<Int32>) {
        team.run(Largest(operations: table.pointee.rows, x: x, places: places))
    }

    /// The same of one row, on the calling thread.
    package func largest(_ x: UnsafeBufferPointer<Float>) -> Int32 {
        guard let base = x.baseAddress else { return -1 }
        let place = table.pointee.rows.pointee.largest(base, x.count)
        return place == x.count ? -1 : Int32(place)
    }
}

private struct Largest: RowJob {
    let operations: UnsafePointer<ck_row_ops>
    let x: Rows
    let places: UnsafeMutablePointer<Int32>

    var rows: Int { x.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: x.columns) }

    func run(_ rows: Range<Int>) {
        for row in rows {
            let place = operations.pointee.largest(x[row], x.columns)
            places[row] = place == x.columns ? -1 : Int32(place)
        }
    }
}
