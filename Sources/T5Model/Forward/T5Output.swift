package import Kernels

/// What a forward pass gives, while it lasts.
package struct T5Output {
    let pass: Pass

    /// [S, D], after the last norm.
    package var encoder: Rows { Rows(pass.activations.encoderOutput) }
    /// [T, D], after the last norm.
    package var decoder: Rows { Rows(pass.activations.decoderOutput) }

    /// [S, D]: the embeddings for 0, and what layer `index` - 1 gave. Of a pass that keeps them.
    package func encoderState(_ index: Int) -> Rows {
        precondition(pass.activations.plan.kept != .nothing, "a pass that keeps no states")
        return Rows(pass.activations.encoderInput(index))
    }

    /// [T, D], likewise.
    package func decoderState(_ index: Int) -> Rows {
        precondition(pass.activations.plan.kept != .nothing, "a pass that keeps no states")
        return Rows(pass.activations.decoderInput(index))
    }

    /// logits[rows, outputs] of rows of the decoder, over the batch's ``T5Batch/outputs``.
    package func logits(_ rows: Range<Int>, into out: MutableRows) {
        pass.kernels.multiply(decoder[rows], pass.outputs.packed, into: out, workspace: pass.workspace)
        if pass.configuration.logitScale != 1 { pass.kernels.scale(out, by: pass.configuration.logitScale) }
    }
}
