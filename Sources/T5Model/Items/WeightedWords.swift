internal import Kernels

/// A text as weighted words, in the words of items' content: increasing, each with its weight.
///
/// Added to what the decoder reads first, as words · W, it tells of a user in the very space that items are told in: who asks for what is light is
/// near to what is light from the beginning.
package struct WeightedWords: Sendable, Equatable {
    package let words: [Int32]
    package let weights: [Float]

    package init(_ row: [(column: Int32, value: Float)]) {
        words = row.map(\.column)
        weights = row.map(\.value)
    }

    package var isEmpty: Bool { words.isEmpty }
    var row: [(column: Int32, value: Float)] { zip(words, weights).map { (column: $0, value: $1) } }
}

/// Words that are added to some rows of a decoder's input.
struct AddedWords {
    /// [n], rows of the input, each once.
    private(set) var rows: [Int32] = []
    private(set) var texts: [[(column: Int32, value: Float)]] = []

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ text: WeightedWords, to row: Int) {
        rows.append(Int32(row))
        texts.append(text.row)
    }

    mutating func removeAll() {
        rows.removeAll(keepingCapacity: true)
        texts.removeAll(keepingCapacity: true)
    }

    /// x[rows] += words · W.
    func add(_ parameters: T5Parameters, to x: MutableRows, kernels: Kernels, workspace: Workspace) {
        guard !isEmpty else { return }
        let sparse = SparseRows(columnCount: parameters.configuration.contentWordCount, texts)
        workspace.scope {
            let sums = workspace.rows(rows.count, x.columns)
            sums.base.update(repeating: 0, count: rows.count * x.columns)
            kernels.multiplyAdd(sparse, by: Rows(parameters.itemContent), to: sums)
            rows.withUnsafeBufferPointer { kernels.scatterAdd(Rows(sums), $0, to: x) }
        }
    }

    /// Adds to the gradient of W, of that of x.
    func addGradient(of dx: Rows, to gradients: T5Parameters, kernels: Kernels, workspace: Workspace) {
        guard !isEmpty else { return }
        let turned = SparseRows(columnCount: gradients.configuration.contentWordCount, texts).transposed
        workspace.scope {
            let parts = workspace.rows(rows.count, dx.columns)
            rows.withUnsafeBufferPointer { kernels.gather(dx, $0, into: parts) }
            kernels.multiplyAdd(turned, by: Rows(parts), to: gradients.itemContent)
        }
    }
}
