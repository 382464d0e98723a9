import Foundation
import Kernels

/// Attention by its definition, in float64: what the kernels are held against besides their twin.
enum AttentionDefinition {
    /// softmax(scale · q K' + bias) V' of one query and head, over the keys 0 ..< seen.
    ///
    /// - Parameters:
    ///   - keys: The matrix of all keys, of which `rows` are the sequence's and `columns` the head's.
    static func row(
        _ query: ArraySlice<Float>, keys: Matrix, values: Matrix, rows: Range<Int>, columns: Range<Int>, scale: Float, bias: (Int) -> Float
    ) -> [Double] {
        let q = Array(query)
        var scores = rows.map { row in
            Double(scale) * columns.enumerated().reduce(0.0) { $0 + Double(q[$1.offset]) * Double(keys[row, $1.element]) }
        }
        for j in scores.indices { scores[j] += Double(bias(j)) }
        let most = scores.max() ?? 0
        let weights = scores.map { exp($0 - most) }
        let total = weights.reduce(0, +)
        return columns.map { column in
            zip(rows, weights).reduce(0.0) { $0 + $1.1 * Double(values[$1.0, column]) } / (rows.isEmpty ? 1 : total)
        }
    }

    /// A ragged batch.
    static func ragged(_ batch: RaggedBatch) -> [Double] {
        var result = [Double](repeating: 0, count: batch.q.values.count)
        let width = batch.width
        for span in batch.spans {
            for (i, row) in span.queries.enumerated() {
                let seen = batch.causal ? min(i + 1, span.keys.count) : span.keys.count
                for head in 0..<batch.heads {
                    let columns = head * width..<(head + 1) * width, from = row * batch.q.columns
                    let bias = { j in batch.bias.map { $0[head, j - i + batch.reach] } ?? Float(0) }
                    let values = Self.row(
                        batch.q.values[from + columns.lowerBound..<from + columns.upperBound], keys: batch.k, values: batch.v,
                        rows: span.keys.prefix(seen), columns: columns, scale: batch.scale, bias: bias)
                    for (column, value) in zip(columns, values) { result[from + column] = value }
                }
            }
        }
        return result
    }
}
