package import Kernels
import ModelFiles

/// One step of a model over a ragged batch: prompts being read and answers being written, of any lengths, in one go.
///
/// A sequence's results have the same bits whatever else is in the batch and however its prompt was cut. For one thread at a time.
package final class LlamaModel {
    package let weights: LlamaWeights
    package let kernels: Kernels
    private let workspace = Workspace()

    package init(_ weights: LlamaWeights, kernels: Kernels) {
        self.weights = weights
        self.kernels = kernels
    }

    /// What a step works on: rows are tokens, those of a sequence next to each other.
    package struct Batch {
        /// [T].
        package let tokens: UnsafeBufferPointer<Int32>
        /// [T], the token's place in its sequence.
        package let positions: UnsafeBufferPointer<Int32>
        package let sequences: UnsafeBufferPointer<PagedSequence>
        /// The rows whose logits are wanted, ascending.
        package let outputs: UnsafeBufferPointer<Int32>

        package init(
            tokens: UnsafeBufferPointer<Int32>, positions: UnsafeBufferPointer<Int32>, sequences: UnsafeBufferPointer<PagedSequence>,
            outputs: UnsafeBufferPointer<Int32>
        ) {
            self.tokens = tokens
            self.positions = positions
            self.sequences = sequences
            self.outputs = outputs
        }
    }

    /// Appends the batch's keys and values to their pages and calls `body` with the logits [outputs, V] of the wanted rows, which are
    /// gone when it returns.
    package func step<Result>(_ batch: Batch, _ pages: KeyValuePages, _ body: (MutableRows) throws -> Result) rethrows -> Result {
        let sizes = weights.configuration, outputs = batch.outputs.count
        return try workspace.scope {
            let x = workspace.rows(batch.tokens.count, sizes.width), h = workspace.rows(batch.tokens.count, sizes.width)
            embed(batch.tokens, into: x)
            for (index, layer) in weights.layers.enumerated().dropLast() {
                attend(layer, batch, pages.memory(layer: index), x, h, into: x)
                feedForward(layer, x, h)
            }
            // Of the last layer, only the wanted rows have readers; the others leave their keys and values.
            let last = workspace.rows(outputs, sizes.width)
            if let layer = weights.layers.last {
                kernels.gather(Rows(x), batch.outputs, into: last)
                attend(layer, batch, pages.memory(layer: sizes.layers - 1), x, h, outputs: batch.outputs, into: last)
                feedForward(layer, last, h[0..<outputs])
            }
            kernels.rmsNorm(Rows(last), weight: floats(weights.outputNorm), epsilon: sizes.normEpsilon, into: last)
            let logits = workspace.rows(outputs, sizes.vocabulary)
            weights.output.apply(LinearInput(Rows(last), workspace), into: logits, kernels, workspace)
            return try body(logits)
        }
    }

    private func floats(_ buffer: AlignedBuffer) -> UnsafePointer<Float> { UnsafePointer(buffer.bytes.assumingMemoryBound(to: Float.self)) }

    private func embed(_ tokens: UnsafeBufferPointer<Int32>, into x: MutableRows) {
        let embedding = weights.embedding, rowBytes = embedding.type.byteCount(embedding.columns)
        embedding.withBytes { blocks in
            for (row, token) in tokens.enumerated() {
                precondition(token >= 0 && Int(token) < embedding.rows, "token \(token) of a vocabulary of \(embedding.rows)")
                let from = Int(token) * rowBytes
                embedding.type.dequantize(
                    UnsafeRawBufferPointer(rebasing: blocks[from..<from + rowBytes]),
                    into: UnsafeMutableBufferPointer(start: x[row], count: embedding.columns))
            }
        }
    }

    /// y += attention(norm(x)), where y is x, or the rows of x that are wanted.
    private func attend(
        _ layer: LlamaWeights.Layer, _ batch: Batch, _ memory: PagedMemory, _ x: MutableRows, _ h: MutableRows,
        outputs: UnsafeBufferPointer<Int32>? = nil, into y: MutableRows
    ) {
        let sizes = weights.configuration, count = x.count
        let queryWidth = sizes.heads * sizes.headWidth, keyWidth = sizes.keyHeads * sizes.headWidth
        workspace.scope {
            let qkv = workspace.rows(count, layer.attention.rows)
            kernels.rmsNorm(Rows(x), weight: floats(layer.attentionNorm), epsilon: sizes.normEpsilon, into: h)
            layer.attention.apply(LinearInput(Rows(h), workspace), into: qkv, kernels, workspace)
            // Queries and keys are rotated as heads of one matrix.
            kernels.rotate(
                qkv.columns(0..<queryWidth + keyWidth), heads: sizes.heads + sizes.keyHeads, positions: batch.positions,
                table: weights.rotary)
            var q = qkv.columns(0..<queryWidth), sequences = batch.sequences
            let k = qkv.columns(queryWidth..<queryWidth + keyWidth)
            let v = qkv.columns(queryWidth + keyWidth..<queryWidth + 2 * keyWidth)
            kernels.append(keys: Rows(k), values: Rows(v), sequences, to: memory)
            if let outputs {
                let wanted = workspace.rows(outputs.count, queryWidth)
                kernels.gather(Rows(q), outputs, into: wanted)
                (q, sequences) = (wanted, runs(of: outputs, in: batch.sequences))
            }
            let attended = workspace.rows(q.count, queryWidth)
            kernels.attend(
                Rows(q), heads: sizes.heads, scale: 1 / Float(sizes.headWidth).squareRoot(), sequences, memory, into: attended,
                workspace: workspace)
            layer.output.apply(LinearInput(Rows(attended), workspace), into: y, accumulate: true, kernels, workspace)
        }
    }

    /// The wanted rows as sequences of their own: each run of neighbours, with its place in its sequence.
    private func runs(
        of outputs: UnsafeBufferPointer<Int32>, in sequences: UnsafeBufferPointer<PagedSequence>
    ) -> UnsafeBufferPointer<PagedSequence> {
        let runs = workspace.values(PagedSequence.self, outputs.count)
        var count = 0, output = 0
        for sequence in sequences {
            while output < outputs.count, sequence.rows.contains(Int(outputs[output])) {
                let begin = output, row = Int(outputs[output])
                while output < outputs.count, outputs[output] == outputs[begin] + Int32(output - begin),
                    sequence.rows.contains(Int(outputs[output]))
                {
                    output += 1
                }
                (runs + count).initialize(
                    to: PagedSequence(rows: begin..<output, first: sequence.first + row - sequence.rows.lowerBound, pages: sequence.pages))
                count += 1
            }
        }
        precondition(output == outputs.count, "the rows whose logits are wanted are not ascending rows of the batch's sequences")
        return UnsafeBufferPointer(start: runs, count: count)
    }

    /// x += down(silu(gate(norm(x))) · up(norm(x))).
    private func feedForward(_ layer: LlamaWeights.Layer, _ x: MutableRows, _ h: MutableRows) {
        workspace.scope {
            kernels.rmsNorm(Rows(x), weight: floats(layer.feedForwardNorm), epsilon: weights.configuration.normEpsilon, into: h)
            let both = workspace.rows(x.count, layer.gateUp.rows), width = weights.configuration.feedForward
            layer.gateUp.apply(LinearInput(Rows(h), workspace), into: both, kernels, workspace)
            let gate = both.columns(0..<width)
            kernels.gate(.silu, Rows(gate), Rows(both.columns(width..<2 * width)), into: gate)
            layer.down.apply(LinearInput(Rows(gate), workspace), into: x, accumulate: true, kernels, workspace)
        }
    }
}
