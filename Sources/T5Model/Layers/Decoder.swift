internal import Kernels

/// The decoder: embeddings, layers, the last norm; each forward beside its gradients.
extension Pass {
    /// All of the decoder, into `activations.decoderOutput`; after ``encode()``.
    func decode() {
        kernels.multiply(
            Rows(activations.encoderOutput), weights.crossKeysValues, into: activations.crossKeysValues, workspace: workspace)
        let x = activations.decoderInput(0)
        kernels.gather(weights.embedding(parameters), batch.decoderTokens, into: x)
        batch.addedWords.add(parameters, to: x, kernels: kernels, workspace: workspace)
        drop(x, .decoderInput)
        for layer in 0..<configuration.decoderLayers { decoderLayer(layer, into: activations.decoderInput(layer + 1)) }
        kernels.rmsNorm(
            Rows(activations.decoderInput(configuration.decoderLayers)), weight: parameters.decoderNorm,
            epsilon: configuration.normEpsilon, into: activations.decoderOutput, inverses: activations.decoderInverses)
        if configuration.dropsDecoderOutput { drop(activations.decoderOutput, .decoderOutput) }
    }

    /// - Parameters:
    ///   - d: [T, D], the gradient of `activations.decoderOutput`; its memory is used on.
    ///   - dEncoder: [S, D], receives that of the encoder's output.
    func decodeBackward(_ d: MutableRows, dEncoder: MutableRows, gradients: T5Parameters) {
        if configuration.dropsDecoderOutput { drop(d, .decoderOutput) }
        kernels.rmsNormBackward(
            Rows(activations.decoderInput(configuration.decoderLayers)), weight: parameters.decoderNorm,
            inverses: activations.decoderInverses, dy: Rows(d), into: d, weightGradient: gradients.decoderNorm, workspace: workspace)
        let precision = weights.precision, keysValues = activations.crossKeysValues
        workspace.scope {
            let dKeysValues = workspace.rows(keysValues.count, keysValues.columns)
            workspace.scope {
                let bias = decoder.gradient(workspace)
                for layer in (0..<configuration.decoderLayers).reversed() { decoderLayerBackward(layer, d, bias, dKeysValues, gradients) }
                bias.addGradient(to: gradients.decoderBias, decoder.buckets, workspace: workspace)
            }
            kernels.multiplyTranspose(
                of: Rows(dKeysValues), by: Rows(activations.encoderOutput), into: gradients.crossKeysValues, accumulate: true,
                precision: precision, workspace: workspace)
            kernels.multiply(
                Rows(dKeysValues), by: Rows(parameters.crossKeysValues), into: dEncoder, precision: precision, workspace: workspace)
        }
        drop(d, .decoderInput)
        kernels.scatterAdd(Rows(d), batch.decoderTokens, to: gradients.embedding)
        batch.addedWords.addGradient(of: Rows(d), to: gradients, kernels: kernels, workspace: workspace)
    }

    /// - Parameter out: The layer's result; when nil only what the backward pass needs is computed.
    private func decoderLayer(_ layer: Int, into out: MutableRows?) {
        let a = activations.decoderLayer(layer), w = weights.decoder[layer]
        selfAttention(
            activations.decoderInput(layer), a, parameters.decoderAttention(layer), w.attention, decoder,
            probabilities: dropout?.decoder(layer, .attentionProbabilities), output: dropout?.decoder(layer, .attentionOutput))
        crossAttention(layer, a)
        feedForward(
            a.afterCross, a, parameters.decoderFeedForward(layer), w.feedForward, hidden: dropout?.decoder(layer, .feedForwardHidden),
            output: dropout?.decoder(layer, .feedForwardOutput), into: out)
    }

    private func decoderLayerBackward(
        _ layer: Int, _ d: MutableRows, _ bias: DistanceBias, _ dKeysValues: MutableRows, _ gradients: T5Parameters
    ) {
        if activations.plan.kept == .layerInputs { decoderLayer(layer, into: nil) }
        let a = activations.decoderLayer(layer)
        feedForwardBackward(
            d, x: a.afterCross, a, parameters.decoderFeedForward(layer), gradients.decoderFeedForward(layer),
            hidden: dropout?.decoder(layer, .feedForwardHidden), output: dropout?.decoder(layer, .feedForwardOutput))
        crossAttentionBackward(layer, d, a, dKeysValues: dKeysValues, gradients: gradients)
        selfAttentionBackward(
            d, x: activations.decoderInput(layer), a, parameters.decoderAttention(layer), gradients.decoderAttention(layer), decoder,
            biasGradient: bias, probabilities: dropout?.decoder(layer, .attentionProbabilities),
            output: dropout?.decoder(layer, .attentionOutput))
    }
}
