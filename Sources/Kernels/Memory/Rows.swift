/// A row-major float32 matrix in memory that somebody else owns: `count` rows of `columns` numbers, `stride` numbers apart.
package struct Rows {
    package let base: UnsafePointer<Float>
    package let count: Int
    package let columns: Int
    package let stride: Int

    /// - Parameter stride: At least `columns`; `columns` when nil.
    package init(_ base: UnsafePointer<Float>, count: Int, columns: Int, stride: Int? = nil) {
        self.base = base
        self.count = count
        self.columns = columns
        self.stride = stride ?? columns
        Shapes.require(count >= 0 && columns >= 0 && self.stride >= columns, "Rows", "\(count) rows of \(columns), stride \(self.stride)")
    }

    package init(_ rows: MutableRows) { self.init(rows.base, count: rows.count, columns: rows.columns, stride: rows.stride) }

    /// Rows and columns, for messages.
    package var shape: String { "[\(count), \(columns)]" }
    /// Row number `row`.
    package subscript(row: Int) -> UnsafePointer<Float> { base + row * stride }
    /// The rows of a range.
    package subscript(range: Range<Int>) -> Rows {
        Shapes.require(range.lowerBound >= 0 && range.upperBound <= count, "Rows", "rows \(range) of \(count)")
        return Rows(base + range.lowerBound * stride, count: range.count, columns: columns, stride: stride)
    }
    /// The columns of a range, of all rows.
    package func columns(_ range: Range<Int>) -> Rows {
        Shapes.require(range.lowerBound >= 0 && range.upperBound <= columns, "Rows", "columns \(range) of \(columns)")
        return Rows(base + range.lowerBound, count: count, columns: range.count, stride: stride)
    }
}

/// As ``Rows``, to be written.
package struct MutableRows {
    package let base: UnsafeMutablePointer<Float>
    package let count: Int
    package let columns: Int
    package let stride: Int

    package init(_ base: UnsafeMutablePointer<Float>, count: Int, columns: Int, stride: Int? = nil) {
        self.base = base
        self.count = count
        self.columns = columns
        self.stride = stride ?? columns
        Shapes.require(count >= 0 && columns >= 0 && self.stride >= columns, "Rows", "\(count) rows of \(columns), stride \(self.stride)")
    }

    package var shape: String { Rows(self).shape }
    package subscript(row: Int) -> UnsafeMutablePointer<Float> { base + row * stride }
    package subscript(range: Range<Int>) -> MutableRows {
        Shapes.require(range.lowerBound >= 0 && range.upperBound <= count, "Rows", "rows \(range) of \(count)")
        return MutableRows(base + range.lowerBound * stride, count: range.count, columns: columns, stride: stride)
    }
    package func columns(_ range: Range<Int>) -> MutableRows {
        Shapes.require(range.lowerBound >= 0 && range.upperBound <= columns, "Rows", "columns \(range) of \(columns)")
        return MutableRows(base + range.lowerBound, count: count, columns: range.count, stride: stride)
    }
}
