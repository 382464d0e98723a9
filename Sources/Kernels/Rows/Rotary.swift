internal import CKernels
internal import Glibc

/// The cosines and sines of rotary position embedding (Su et al., 2021) for the positions of a model's context.
///
/// Angles are computed in float64: position · frequency has no rounding that would grow with the position.
package final class RotaryTable: @unchecked Sendable {
    // Written once, here.
    fileprivate let cosines: AlignedBuffer
    fileprivate let sines: AlignedBuffer
    /// Positions that the table has.
    package let positions: Int
    /// Pairs of numbers that are rotated in each head; the numbers past 2 · pairs stay.
    package let pairs: Int
    /// Whether a pair is (2i, 2i + 1), as in Llama's own files and GGUF's `llama`, or (i, i + pairs), as in Hugging Face's and `qwen2`.
    package let interleaved: Bool

    /// - Parameters:
    ///   - frequencies: Radians a position, of each pair: base^(-i / pairs), after whatever scaling the model has.
    ///   - positions: How many to tabulate.
    package init(frequencies: [Double], positions: Int, interleaved: Bool) {
        Shapes.require(positions >= 0, "RotaryTable", "\(positions) positions")
        self.positions = positions
        self.pairs = frequencies.count
        self.interleaved = interleaved
        cosines = AlignedBuffer(byteCount: positions * frequencies.count * 4)
        sines = AlignedBuffer(byteCount: positions * frequencies.count * 4)
        let cosine = cosines.bytes.bindMemory(to: Float.self, capacity: positions * pairs)
        let sine = sines.bytes.bindMemory(to: Float.self, capacity: positions * pairs)
        for position in 0..<positions {
            for (pair, frequency) in frequencies.enumerated() {
                let angle = Double(position) * frequency
                cosine[position * pairs + pair] = Float(cos(angle))
                sine[position * pairs + pair] = Float(sin(angle))
            }
        }
    }

    /// The frequencies of a base without scaling: base^(-i / pairs).
    package static func frequencies(base: Double, pairs: Int) -> [Double] { (0..<pairs).map { pow(base, -Double($0) / Double(pairs)) } }
}

extension Kernels {
    /// Rotates the heads of each row by its position's angles, in place.
    ///
    /// - Parameters:
    ///   - x: [T, H · D].
    ///   - heads: H.
    ///   - positions: [T] positions in the table.
    ///   - inverse: Turns back: the backward pass of a rotation, applied to its gradient.
    package func rotate(
        _ x: MutableRows, heads: Int, positions: UnsafeBufferPointer<Int32>, table rotary: RotaryTable, inverse: Bool = false
    ) {
        Shapes.require(
            heads > 0 && x.columns % heads == 0 && x.columns / heads >= 2 * rotary.pairs, "rotate",
            "\(heads) heads in \(x.columns) columns, \(rotary.pairs) pairs to rotate in each")
        Shapes.require(positions.count == x.count, "rotate", "\(positions.count) positions for \(x.count) rows")
        for position in positions {
            Shapes.require(position >= 0 && position < rotary.positions, "rotate", "position \(position) of \(rotary.positions)")
        }
        guard x.count > 0, let positions = positions.baseAddress else { return }
        team.run(Rotation(operations: table.pointee.rows, x: x, heads: heads, positions: positions, table: rotary, inverse: inverse))
    }
}

private struct Rotation: RowJob {
    let operations: UnsafePointer<ck_row_ops>
    let x: MutableRows
    let heads: Int
    let positions: UnsafePointer<Int32>
    let table: RotaryTable
    let inverse: Bool

    var rows: Int { x.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: x.columns) }

    func run(_ rows: Range<Int>) {
        for row in rows {
            let at = Int(positions[row]) * table.pairs * 4
            operations.pointee.rotate(
                x[row], x.columns / heads, heads, table.pairs, (table.cosines.bytes + at).assumingMemoryBound(to: Float.self),
                (table.sines.bytes + at).assumingMemoryBound(to: Float.self), table.interleaved ? 1 : 0, inverse ? 1 : 0)
        }
    }
}
