internal import Kernels

/// The encoder: embeddings, layers, the last norm; each forward beside its gradients.
extension Pass {
    /// All of the encoder, into `activations.encoderOutput`.
    func encode() {
        embedEncoder()
        for layer in 0..<configuration.encoderLayers { encoderLayer(layer, into: activations.encoderInput(layer + 1)) }
        kernels.rmsNorm(
            Rows(activations.encoderInput(configuration.encoderLayers)), weight: parameters.encoderNorm,
            epsilon: configuration.normEpsilon, into: activations.encoderOutput, inverses: activations.encoderInverses)
        drop(activations.encoderOutput, .encoderOutput)
    }

    /// - Parameter d: [S, D], the gradient of `activations.encoderOutput`; its memory is used on.
    func encodeBackward(_ d: MutableRows, gradients: T5Parameters) {
        drop(d, .encoderOutput)
        kernels.rmsNormBackward(
            Rows(activations.encoderInput(configuration.encoderLayers)), weight: parameters.encoderNorm,
            inverses: activations.encoderInverses, dy: Rows(d), into: d, weightGradient: gradients.encoderNorm, workspace: workspace)
        workspace.scope {
            let bias = encoder.gradient(workspace)
            for layer in (0..<configuration.encoderLayers).reversed() { encoderLayerBackward(layer, d, bias, gradients) }
            bias.addGradient(to: gradients.encoderBias, encoder.buckets, workspace: workspace)
        }
        drop(d, .encoderInput)
        kernels.scatterAdd(Rows(d), batch.encoderRows, to: gradients.embeddingAndPrompts)
        if let words = batch.wholeWords { kernels.scatterAdd(Rows(d), words, to: gradients.wholeWords) }
    }

    private func embedEncoder() {
        let x = activations.encoderInput(0)
        kernels.gather(weights.embeddingAndPrompts(parameters), batch.encoderRows, into: x)
        if let words = batch.wholeWords { kernels.gather(Rows(parameters.wholeWords), words, into: x, accumulate: true) }
        drop(x, .encoderInput)
    }

    /// - Parameter out: The layer's result; when nil only what the backward pass needs is computed.
    private func encoderLayer(_ layer: Int, into out: MutableRows?) {
        let a = activations.encoderLayer(layer), w = weights.encoder[layer]
        selfAttention(
            activations.encoderInput(layer), a, parameters.encoderAttention(layer), w.attention, encoder,
            probabilities: dropout?.encoder(layer, .attentionProbabilities), output: dropout?.encoder(layer, .attentionOutput))
        feedForward(
            a.afterAttention, a, parameters.encoderFeedForward(layer), w.feedForward, hidden: dropout?.encoder(layer, .feedForwardHidden),
            output: dropout?.encoder(layer, .feedForwardOutput), into: out)
    }

    private func encoderLayerBackward(_ layer: Int, _ d: MutableRows, _ bias: DistanceBias, _ gradients: T5Parameters) {
        if activations.plan.kept == .layerInputs { encoderLayer(layer, into: nil) }
        let a = activations.encoderLayer(layer)
        feedForwardBackward(
            d, x: a.afterAttention, a, parameters.encoderFeedForward(layer), gradients.encoderFeedForward(layer),
            hidden: dropout?.encoder(layer, .feedForwardHidden), output: dropout?.encoder(layer, .feedForwardOutput))
        selfAttentionBackward(
            d, x: activations.encoderInput(layer), a, parameters.encoderAttention(layer), gradients.encoderAttention(layer), encoder,
            biasGradient: bias, probabilities: dropout?.encoder(layer, .attentionProbabilities),
            output: dropout?.encoder(layer, .attentionOutput))
    }

    /// Dropout at one of the stacks' ends, in place: forward of values, backward of their gradients.
    func drop(_ x: MutableRows, _ end: StepDropout.End) {
        if let dropout { kernels.dropout(dropout.end(end), Rows(x), into: x) }
    }
}
