internal import Kernels

/// The loss of the decoder's output: logits = x · Wᵀ · scale and their cross-entropy with the labels, of which there are never more in
/// memory than ``CrossEntropyChunk`` rows.
extension Pass {
    /// What the batch's outputs are multiplied with, packed and as it is: the whole head, or its items.
    var outputs: (packed: PackedWeights, rows: Range<Int>) {
        guard batch.saysItems, let items = weights.itemHead else { return (weights.head, 0..<configuration.vocabularyCount) }
        return (items, configuration.baseVocabularyCount..<configuration.vocabularyCount)
    }

    /// - Parameter losses: [T], receives -log p(label), 0 where no label counts.
    func outputLosses(_ losses: UnsafeMutablePointer<Float>) {
        let x = activations.decoderOutput, head = outputs.packed
        workspace.scope {
            let most = CrossEntropyChunk.rows(classes: head.rows)
            let chunk = workspace.rows(min(most, x.count), head.rows)
            let logSums = workspace.floats(chunk.count)
            for from in stride(from: 0, to: x.count, by: most) {
                let rows = from..<min(from + most, x.count), logits = chunk[0..<rows.count]
                kernels.multiply(Rows(x[rows]), head, into: logits, workspace: workspace)
                if configuration.logitScale != 1 { kernels.scale(logits, by: configuration.logitScale) }
                kernels.crossEntropy(
                    Rows(logits), targets: UnsafeBufferPointer(rebasing: batch.labels[rows]), losses: losses + from, logSums: logSums)
            }
        }
    }

    /// The same with gradients: that of the head's weights is added to.
    ///
    /// - Parameters:
    ///   - rowWeights: [T], of each row's loss in the gradient; 1 when nil.
    ///   - gradientScale: What all gradients are multiplied by.
    ///   - dx: [T, D], receives the gradient of the decoder's output.
    func outputLosses(
        _ losses: UnsafeMutablePointer<Float>, rowWeights: UnsafePointer<Float>?, gradientScale: Float, dx: MutableRows,
        gradients: T5Parameters
    ) {
        let (head, rows) = outputs
        kernels.linearCrossEntropy(
            Rows(activations.decoderOutput), weights: weights.head(parameters)[rows], packed: head, targets: batch.labels,
            rowWeights: rowWeights, logitScale: configuration.logitScale, gradientScale: gradientScale, losses: losses, dx: dx,
            weightGradient: gradients.head[rows], precision: weights.precision, workspace: workspace)
    }
}
