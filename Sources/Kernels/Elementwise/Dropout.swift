internal import CKernels

/// Where a dropout's random numbers come from. The mask is a function of these and of an element's place alone: it is not stored, and
/// the backward pass, a resumed training and any number of threads draw the same.
///
/// The generator is Philox4x32-10 (Salmon et al., SC 2011), with the seed as key and the stream in the counter.
package struct Dropout: Sendable {
    /// The part of the elements that becomes zero, 0 ..< 1, in steps of 2⁻¹⁶; the others are divided by 1 - rate.
    package let rate: Float
    /// The seed of the training.
    package let seed: UInt64
    /// Differs between the dropouts of a step, and between steps. Below 2³²: the upper half numbers the sequences of attention.
    package let stream: UInt64

    package init(rate: Float, seed: UInt64, stream: UInt64) {
        Shapes.require(rate >= 0 && rate < 1, "Dropout", "rate \(rate), which is not in 0 ..< 1")
        Shapes.require(stream >> 32 == 0, "Dropout", "stream \(stream), which is not below 2³²")
        self.rate = rate
        self.seed = seed
        self.stream = stream
    }
}

extension Kernels {
    /// y = x with elements dropped, [T, N]; y may be x. The same call on dy is the backward pass.
    package func dropout(_ dropout: Dropout, _ x: Rows, into y: MutableRows) {
        Shapes.requireSame("dropout", x, y)
        team.run(DropRows(operations: table.pointee.elementwise, dropout: dropout, x: x, y: y))
    }

    /// Words 64 · block ..< 64 · block + words.count of a stream, for whatever else needs numbers that can be drawn again. A multiple of 64.
    package func randomWords(seed: UInt64, stream: UInt64, block: UInt64, into words: UnsafeMutableBufferPointer<UInt32>) {
        Shapes.require(words.count % 64 == 0, "randomWords", "\(words.count) words, which is not a multiple of 64")
        guard let base = words.baseAddress else { return }
        table.pointee.elementwise.pointee.random_words(seed, stream, block, words.count / 64, base)
    }
}

private struct DropRows: RowJob {
    let operations: UnsafePointer<ck_elementwise_ops>
    let dropout: Dropout
    let x: Rows
    let y: MutableRows

    var rows: Int { x.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: x.columns) }

    func run(_ rows: Range<Int>) {
        // A row begins a block of random words: its mask does not depend on how rows are spaced in memory.
        let wordsPerRow = (x.columns + 63) / 64 * 64
        for row in rows {
            operations.pointee.dropout(
                x[row], UInt64(row * wordsPerRow), x.columns, dropout.seed, dropout.stream, dropout.rate, y[row])
        }
    }
}
