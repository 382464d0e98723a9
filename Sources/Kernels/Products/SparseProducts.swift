internal import CKernels

/// A matrix of which few numbers are not zero: of each row these alone, with their columns.
package struct SparseRows: Sendable, Equatable {
    package let columnCount: Int
    /// [rows], where each row's numbers end among all.
    package let ends: [Int32]
    /// [numbers], increasing within a row.
    package let columns: [Int32]
    /// [numbers].
    package let values: [Float]

    /// - Parameter rows: of each row columns and numbers, the columns increasing and below `columnCount`.
    package init(columnCount: Int, _ rows: [[(column: Int32, value: Float)]]) {
        let count = rows.reduce(0) { $0 + $1.count }
        Shapes.require(count <= Int(Int32.max), "SparseRows", "\(count) numbers")
        var ends: [Int32] = [], columns: [Int32] = [], values: [Float] = []
        ends.reserveCapacity(rows.count)
        columns.reserveCapacity(count)
        values.reserveCapacity(count)
        for (index, row) in rows.enumerated() {
            var last: Int32 = -1
            for (column, value) in row {
                Shapes.require(column > last && column < columnCount, "SparseRows", "column \(column) of row \(index) after \(last)")
                last = column
                columns.append(column)
                values.append(value)
            }
            ends.append(Int32(columns.count))
        }
        self.columnCount = columnCount
        (self.ends, self.columns, self.values) = (ends, columns, values)
    }

    package var rowCount: Int { ends.count }
    package func range(_ row: Int) -> Range<Int> { (row == 0 ? 0 : Int(ends[row - 1]))..<Int(ends[row]) }

    /// Rows as columns.
    package var transposed: SparseRows {
        var rows: [[(column: Int32, value: Float)]] = Array(repeating: [], count: columnCount)
        for row in 0..<rowCount {
            for place in range(row) { rows[Int(columns[place])].append((Int32(row), values[place])) }
        }
        return SparseRows(columnCount: rowCount, rows)
    }
}

extension Kernels {
    /// y += a · b. A row of y is a chain of multiply-adds in the order of a's columns: the same bits for any number of threads.
    ///
    /// - Parameters:
    ///   - a: [M, K].
    ///   - b: [K, N].
    ///   - y: [M, N].
    package func multiplyAdd(_ a: SparseRows, by b: Rows, to y: MutableRows) {
        Shapes.require(
            a.columnCount == b.count && a.rowCount == y.count && b.columns == y.columns, "multiplyAdd",
            "[\(a.rowCount), \(a.columnCount)] sparse · \(b.shape) to \(y.shape)")
        guard y.count > 0 else { return }
        a.columns.withUnsafeBufferPointer { columns in
            a.values.withUnsafeBufferPointer { values in
                a.ends.withUnsafeBufferPointer { ends in
                    guard let columns = columns.baseAddress, let values = values.baseAddress, let ends = ends.baseAddress else { return }
                    team.run(
                        SparseRowSums(operations: table.pointee.elementwise, ends: ends, columns: columns, values: values, b: b, y: y))
                }
            }
        }
    }
}

private struct SparseRowSums: RowJob {
    let operations: UnsafePointer<ck_elementwise_ops>
    let ends: UnsafePointer<Int32>
    let columns: UnsafePointer<Int32>
    let values: UnsafePointer<Float>
    let b: Rows
    let y: MutableRows

    var rows: Int { y.count }
    /// Rows differ in length: small tiles share them out evenly.
    var rowsPerTile: Int { 8 }

    func run(_ rows: Range<Int>) {
        for row in rows {
            for place in (row == 0 ? 0 : Int(ends[row - 1]))..<Int(ends[row]) {
                operations.pointee.add_scaled(b[Int(columns[place])], values[place], y.columns, y[row])
            }
        }
    }
}
