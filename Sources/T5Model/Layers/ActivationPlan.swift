internal import Kernels

/// What a forward pass leaves behind for the backward pass.
package enum KeptActivations: String, Sendable {
    /// Only what the pass itself has in work: for answers, and for a loss without gradients.
    case nothing
    /// Each layer's input, from which the backward pass runs the layer again: a fifth of the memory of `everything`, for a third more work.
    case layerInputs
    /// All that the backward pass reads.
    case everything
}

/// Where everything lies that a pass over S rows of the encoder and T of the decoder computes and keeps: known before it begins, so that
/// it is one piece of memory.
struct ActivationPlan {
    /// What one layer of the encoder, or one of the decoder without its attention across, leaves.
    struct Layer {
        /// [rows, D]: after attention to itself.
        var afterAttention = 0
        /// [rows, 3 I].
        var qkv = 0
        /// [rows, I].
        var attended = 0
        /// [H, rows].
        var logSums = 0
        /// [rows]: of the layer's norms.
        var attentionInverses = 0
        var feedForwardInverses = 0
        /// [rows, F or 2 F]: the feed-forward layer's first product; with relu, what follows of it.
        var hidden = 0
        // Attention across, of the decoder alone.
        var afterCross = 0
        var crossQuery = 0
        var crossAttended = 0
        var crossLogSums = 0
        var crossInverses = 0
        /// Numbers of the layer.
        var count = 0
    }

    /// One of the stacks.
    struct Stack {
        let rows: Int
        /// Inputs [rows, D] of the layers and, as the last one, the output of the last layer; `inputStride` apart.
        let inputs: Int
        let inputStride: Int
        let layer: Layer
        let layers: Int
        let layerStride: Int
        /// [rows, D]: after the last norm.
        let output: Int
        let outputInverses: Int
    }

    let kept: KeptActivations
    let encoder: Stack
    let decoder: Stack
    /// [S, L · 2 I].
    let crossKeysValues: Int
    /// Numbers altogether.
    let count: Int

    init(_ c: T5Configuration, encoderRows: Int, decoderRows: Int, kept: KeptActivations) {
        var end = 0
        func take(_ numbers: Int, _ at: inout Int) -> Int {
            defer { at += (numbers + 15) / 16 * 16 }
            return at
        }
        func stack(_ rows: Int, layers: Int, isDecoder: Bool) -> Stack {
            var layer = Layer()
            layer.afterAttention = take(rows * c.width, &layer.count)
            layer.qkv = take(rows * 3 * c.innerWidth, &layer.count)
            layer.attended = take(rows * c.innerWidth, &layer.count)
            layer.logSums = take(rows * c.heads, &layer.count)
            layer.attentionInverses = take(rows, &layer.count)
            layer.feedForwardInverses = take(rows, &layer.count)
            layer.hidden = take(rows * c.feedForwardInput, &layer.count)
            if isDecoder {
                layer.afterCross = take(rows * c.width, &layer.count)
                layer.crossQuery = take(rows * c.innerWidth, &layer.count)
                layer.crossAttended = take(rows * c.innerWidth, &layer.count)
                layer.crossLogSums = take(rows * c.heads, &layer.count)
                layer.crossInverses = take(rows, &layer.count)
            }
            var input = 0
            _ = take(rows * c.width, &input)
            return Stack(
                rows: rows, inputs: take(kept == .nothing ? input : input * (layers + 1), &end), inputStride: kept == .nothing ? 0 : input,
                layer: layer, layers: take(kept == .everything ? layer.count * layers : layer.count, &end),
                layerStride: kept == .everything ? layer.count : 0, output: take(rows * c.width, &end), outputInverses: take(rows, &end))
        }
        self.kept = kept
        encoder = stack(encoderRows, layers: c.encoderLayers, isDecoder: false)
        crossKeysValues = take(encoderRows * c.decoderLayers * 2 * c.innerWidth, &end)
        decoder = stack(decoderRows, layers: c.decoderLayers, isDecoder: true)
        count = end
    }
}

/// The plan's matrices in memory.
struct Activations {
    let plan: ActivationPlan
    let base: UnsafeMutablePointer<Float>
    let configuration: T5Configuration

    /// What one layer leaves; see ``ActivationPlan/Layer``.
    struct Layer {
        let stack: ActivationPlan.Stack
        let base: UnsafeMutablePointer<Float>
        let configuration: T5Configuration

        private func rows(_ offset: Int, _ columns: Int) -> MutableRows {
            MutableRows(base + offset, count: stack.rows, columns: columns)
        }
        var afterAttention: MutableRows { rows(stack.layer.afterAttention, configuration.width) }
        var qkv: MutableRows { rows(stack.layer.qkv, 3 * configuration.innerWidth) }
        var attended: MutableRows { rows(stack.layer.attended, configuration.innerWidth) }
        var logSums: UnsafeMutablePointer<Float> { base + stack.layer.logSums }
        var attentionInverses: UnsafeMutablePointer<Float> { base + stack.layer.attentionInverses }
        var feedForwardInverses: UnsafeMutablePointer<Float> { base + stack.layer.feedForwardInverses }
        var hidden: MutableRows { rows(stack.layer.hidden, configuration.feedForwardInput) }
        var afterCross: MutableRows { rows(stack.layer.afterCross, configuration.width) }
        var crossQuery: MutableRows { rows(stack.layer.crossQuery, configuration.innerWidth) }
        var crossAttended: MutableRows { rows(stack.layer.crossAttended, configuration.innerWidth) }
        var crossLogSums: UnsafeMutablePointer<Float> { base + stack.layer.crossLogSums }
        var crossInverses: UnsafeMutablePointer<Float> { base + stack.layer.crossInverses }
    }

    private func rows(_ offset: Int, _ count: Int, _ columns: Int) -> MutableRows {
        MutableRows(base + offset, count: count, columns: columns)
    }
    private func layer(_ stack: ActivationPlan.Stack, _ index: Int) -> Layer {
        Layer(stack: stack, base: base + stack.layers + index * stack.layerStride, configuration: configuration)
    }
    private func input(_ stack: ActivationPlan.Stack, _ index: Int) -> MutableRows {
        rows(stack.inputs + index * stack.inputStride, stack.rows, configuration.width)
    }

    func encoderLayer(_ index: Int) -> Layer { layer(plan.encoder, index) }
    func decoderLayer(_ index: Int) -> Layer { layer(plan.decoder, index) }
    /// [S, D]: what layer `index` reads; the last layer's output one past the last.
    func encoderInput(_ index: Int) -> MutableRows { input(plan.encoder, index) }
    func decoderInput(_ index: Int) -> MutableRows { input(plan.decoder, index) }
    var encoderOutput: MutableRows { rows(plan.encoder.output, plan.encoder.rows, configuration.width) }
    var encoderInverses: UnsafeMutablePointer<Float> { base + plan.encoder.outputInverses }
    var decoderOutput: MutableRows { rows(plan.decoder.output, plan.decoder.rows, configuration.width) }
    var decoderInverses: UnsafeMutablePointer<Float> { base + plan.decoder.outputInverses }
    /// [S, L · 2 I].
    var crossKeysValues: MutableRows {
        rows(plan.crossKeysValues, plan.encoder.rows, configuration.decoderLayers * 2 * configuration.innerWidth)
    }
    /// [S, I] of a layer of the decoder.
    func crossKeys(_ layer: Int) -> Rows { Rows(crossKeysValues.columns(crossColumns(layer, 0))) }
    func crossValues(_ layer: Int) -> Rows { Rows(crossKeysValues.columns(crossColumns(layer, 1))) }
    private func crossColumns(_ layer: Int, _ half: Int) -> Range<Int> {
        let begin = (2 * layer + half) * configuration.innerWidth
        return begin..<begin + configuration.innerWidth
    }
}
