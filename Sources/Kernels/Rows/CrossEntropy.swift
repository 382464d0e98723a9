internal import CKernels

extension Kernels {
    /// The loss of each row of logits, log Σ exp(x) - x[target], without writing a softmax.
    ///
    /// - Parameters:
    ///   - logits: [T, V].
    ///   - targets: [T] indices below V; a negative one is a place that does not count, with loss 0.
    ///   - losses: [T].
    ///   - logSums: [T], log Σ exp(x) of each row, which the backward pass needs.
    package func crossEntropy(
        _ logits: Rows, targets: UnsafeBufferPointer<Int32>, losses: UnsafeMutablePointer<Float>, logSums: UnsafeMutablePointer<Float>
    ) {
        requireTargets(targets, logits.count, logits.columns, "crossEntropy")
        guard logits.count > 0, let targets = targets.baseAddress else { return }
        team.run(CrossEntropy(operations: table.pointee.rows, logits: logits, targets: targets, losses: losses, logSums: logSums))
    }

    /// dx = (softmax(x) - oneHot(target)) · scale, zeros for a negative target; dx may be the logits themselves.
    ///
    /// - Parameter rowWeights: [T], by which rows are multiplied beside the scale; 1 when nil.
    package func crossEntropyBackward(
        _ logits: Rows, targets: UnsafeBufferPointer<Int32>, rowWeights: UnsafePointer<Float>? = nil, logSums: UnsafePointer<Float>,
        scale: Float, into dx: MutableRows
    ) {
        Shapes.requireSame("crossEntropyBackward", logits, dx)
        requireTargets(targets, logits.count, logits.columns, "crossEntropyBackward")
        guard logits.count > 0, let targets = targets.baseAddress else { return }
        team.run(
            CrossEntropyBackward(
                operations: table.pointee.rows, logits: logits, targets: targets, rowWeights: rowWeights, logSums: logSums, scale: scale,
                dx: dx))
    }

    /// Loss and gradients of logits = X · Wᵀ · logitScale, whose [T, V] are never all in memory: ``CrossEntropyChunk`` rows at a time are.
    ///
    /// - Parameters:
    ///   - x: [T, D], the decoder's output; `weights`: [V, D], the output embedding.
    ///   - packed: The weights, where they are packed already.
    ///   - targets: [T]; negative ones do not count.
    ///   - rowWeights: [T], what the gradient of each row's loss is multiplied by beside `gradientScale`; 1 when nil.
    ///   - gradientScale: What the losses' gradients are multiplied by: the reciprocal of the number of targets for their mean.
    ///   - dx: [T, D], written. `weightGradient`: [V, D], added to.
    ///   - losses: [T].
    package func linearCrossEntropy(
        _ x: Rows, weights: Rows, packed: PackedWeights? = nil, targets: UnsafeBufferPointer<Int32>,
        rowWeights: UnsafePointer<Float>? = nil, logitScale: Float = 1, gradientScale: Float, losses: UnsafeMutablePointer<Float>,
        dx: MutableRows, weightGradient: MutableRows, precision: ProductPrecision, workspace: Workspace
    ) {
        Shapes.require(x.columns == weights.columns, "linearCrossEntropy", "x \(x.shape), weights \(weights.shape)")
        Shapes.requireSame("linearCrossEntropy", x, dx)
        Shapes.requireSame("linearCrossEntropy", weights, weightGradient)
        Shapes.require(
            packed.map { $0.rows == weights.count && $0.columns == weights.columns && $0.precision == precision } ?? true,
            "linearCrossEntropy", "weights \(weights.shape) packed as another matrix, or for another precision")
        packed?.require(layout: layout(precision), "linearCrossEntropy")
        requireTargets(targets, x.count, weights.count, "linearCrossEntropy")
        guard x.count > 0 else { return }
        workspace.scope {
            let byRows = packed?.panels ?? pack(ProductOperand(rows: weights), precision, workspace),
                byColumns = pack(ProductOperand(columns: weights), precision, workspace)
            let most = CrossEntropyChunk.rows(classes: weights.count)
            let logits = workspace.rows(min(most, x.count), weights.count), logSums = workspace.floats(x.count)
            for from in stride(from: 0, to: x.count, by: most) {
                let rows = from..<min(from + most, x.count), chunk = logits[0..<rows.count]
                let chunkTargets = UnsafeBufferPointer(rebasing: targets[rows])
                product(ProductOperand(rows: x[rows]), byRows, layout(precision), chunk, false, workspace)
                if logitScale != 1 { scale(chunk, by: logitScale) }
                crossEntropy(Rows(chunk), targets: chunkTargets, losses: losses + from, logSums: logSums + from)
                crossEntropyBackward(
                    Rows(chunk), targets: chunkTargets, rowWeights: rowWeights.map { $0 + from }, logSums: logSums + from,
                    scale: gradientScale * logitScale, into: chunk)
                product(ProductOperand(rows: Rows(chunk)), byColumns, layout(precision), dx[rows], false, workspace)
                multiplyTranspose(
                    of: Rows(chunk), by: x[rows], into: weightGradient, accumulate: true, precision: precision, workspace: workspace)
            }
        }
    }

    private func requireTargets(_ targets: UnsafeBufferPointer<Int32>, _ rows: Int, _ classes: Int, _ name: StaticString) {
        Shapes.require(targets.count == rows, name, "\(targets.count) targets for \(rows) rows")
        for (row, target) in targets.enumerated() {
            Shapes.require(Int(target) < classes, name, "target \(target) of row \(row) among \(classes) classes")
        }
    }
}

/// How many rows of logits
/// ``Kernels/linearCrossEntropy(_:weights:packed:targets:rowWeights:logitScale:gradientScale:losses:dx:weightGradient:precision:workspace:)``
/// holds at a time.
package enum CrossEntropyChunk {
    /// As many as take 64 MiB, from 128 to 1,024: each chunk reads and writes the whole gradient of the weights, which for few rows takes
    /// longer than the products.
    package static func rows(classes: Int) -> Int { min(max((16 << 20) / max(classes, 1), 128), 1_024) }
}

private struct CrossEntropy: RowJob {
    let operations: UnsafePointer<ck_row_ops>
    let logits: Rows
    let targets: UnsafePointer<Int32>
    let losses: UnsafeMutablePointer<Float>
    let logSums: UnsafeMutablePointer<Float>

    var rows: Int { logits.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: logits.columns) }

    func run(_ rows: Range<Int>) {
        let from = rows.lowerBound
        operations.pointee.cross_entropy(
            logits[from], logits.stride, rows.count, logits.columns, targets + from, losses + from, logSums + from)
    }
}

private struct CrossEntropyBackward: RowJob {
    let operations: UnsafePointer<ck_row_ops>
    let logits: Rows
    let targets: UnsafePointer<Int32>
    let rowWeights: UnsafePointer<Float>?
    let logSums: UnsafePointer<Float>
    let scale: Float
    let dx: MutableRows

    var rows: Int { logits.count }
    var rowsPerTile: Int { Self.rowsPerTile(columns: logits.columns) }

    func run(_ rows: Range<Int>) {
        guard let rowWeights else { return run(rows, scale) }
        for row in rows { run(row..<row + 1, scale * rowWeights[row]) }
    }

    private func run(_ rows: Range<Int>, _ scale: Float) {
        let from = rows.lowerBound
        operations.pointee.cross_entropy_backward(
            logits[from], logits.stride, rows.count, logits.columns, targets + from, logSums + from, scale, dx[from], dx.stride)
    }
}
