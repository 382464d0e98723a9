package import Kernels

/// A T5 encoder-decoder with RDRec's soft prompts and whole-word embeddings, over ragged batches.
///
/// A sequence's results have the same bits whatever else is in the batch. For one thread at a time; models of several threads may share
/// parameters and packed weights that nobody trains.
package final class T5Model {
    package let configuration: T5Configuration
    package let parameters: T5Parameters
    package let weights: T5Weights
    package let kernels: Kernels
    private var workspace = Workspace()
    /// What was taken ahead for passes, in bytes.
    package private(set) var reservedByteCount = 0

    /// Packs the weights.
    ///
    /// - Parameters:
    ///   - precision: Of the products; bfloat16 where the machine multiplies it faster, and float32 elsewhere, when nil.
    ///   - content: Of the items, where the configuration has words for it.
    package convenience init(
        _ parameters: T5Parameters, precision: ProductPrecision? = nil, kernels: Kernels, content: ItemContent? = nil
    ) {
        let precision = precision ?? (kernels.instructionSet.hasBFloat16 ? .bfloat16 : .float32)
        self.init(parameters, T5Weights(parameters, precision: precision, kernels: kernels, content: content), kernels: kernels)
    }

    /// - Parameter weights: The parameters, packed for the instruction set of `kernels`.
    package init(_ parameters: T5Parameters, _ weights: T5Weights, kernels: Kernels) {
        configuration = parameters.configuration
        self.parameters = parameters
        self.weights = weights
        self.kernels = kernels
    }

    /// Packs the parameters again after they changed.
    package func parametersChanged() { weights.pack(parameters, kernels: kernels) }

    /// The encoder alone: calls `body` with its output [S, D] after the last norm, which is gone when it returns. The rows of a sequence
    /// are those of its ``T5Batch/encoderSpans``.
    package func encode<Result>(_ batch: T5Batch, _ body: (Rows) throws -> Result) rethrows -> Result {
        try run(batch, decoderRows: false, kept: .nothing, dropout: nil) { pass in
            pass.encode()
            return try body(Rows(pass.activations.encoderOutput))
        }
    }

    /// Encoder and decoder: calls `body` with what they give, which is gone when it returns.
    ///
    /// - Parameter keepsStates: Keeps each layer's input for ``T5Output/encoderState(_:)`` and ``T5Output/decoderState(_:)``.
    package func forward<Result>(
        _ batch: T5Batch, keepsStates: Bool = false, _ body: (T5Output) throws -> Result
    ) rethrows -> Result {
        try run(batch, kept: keepsStates ? .layerInputs : .nothing, dropout: nil) { pass in
            pass.encode()
            pass.decode()
            return try body(T5Output(pass: pass))
        }
    }

    /// The loss of the batch's labels, without dropout and gradients.
    ///
    /// - Parameter perSequence: Receives for each sequence in its order the sum of -log p(label), and how many labels it has.
    package func loss(_ batch: T5Batch, perSequence: ((_ sequence: Int, _ sum: Double, _ labels: Int) -> Void)? = nil) -> T5Loss {
        run(batch, kept: .nothing, dropout: nil) { pass in
            pass.encode()
            pass.decode()
            let losses = workspace.floats(batch.labels.count)
            pass.outputLosses(losses)
            var total = 0.0
            for (sequence, span) in batch.decoderSpans.enumerated() {
                var sum = 0.0, labels = 0
                for row in span.queries where batch.labels[row] >= 0 {
                    sum += Double(losses[row])
                    labels += 1
                }
                total += sum
                perSequence?(sequence, sum, labels)
            }
            return T5Loss(sum: total, weight: Double(batch.labelCount))
        }
    }

    /// The loss of the batch with its gradients, which are added to `gradients`.
    ///
    /// - Parameters:
    ///   - gradientScale: What the gradients of Σ weight · loss are multiplied by: the reciprocal of the weights' sum over the step.
    ///   - taskWeights: By task; 1 for sequences without one, and for all when nil.
    func gradients(
        _ batch: T5Batch, addedTo gradients: T5Parameters, gradientScale: Float, taskWeights: [Float]?, dropout: StepDropout?,
        kept: KeptActivations
    ) -> T5Loss {
        precondition(kept != .nothing, "a backward pass needs kept activations")
        return run(batch, kept: kept, dropout: dropout) { pass in
            pass.encode()
            pass.decode()
            let losses = workspace.floats(batch.labels.count)
            let rowWeights = taskWeights.map { batch.rowWeights($0, workspace) }
            let dEncoder = workspace.rows(batch.encoderRows.count, configuration.width)
            workspace.scope {
                let d = workspace.rows(batch.decoderTokens.count, configuration.width)
                pass.outputLosses(
                    losses, rowWeights: rowWeights.map { UnsafePointer($0) }, gradientScale: gradientScale, dx: d, gradients: gradients)
                pass.decodeBackward(d, dEncoder: dEncoder, gradients: gradients)
            }
            pass.encodeBackward(dEncoder, gradients: gradients)
            var loss = T5Loss(sum: 0, weight: 0)
            for row in 0..<batch.labels.count where batch.labels[row] >= 0 {
                let weight = Double(rowWeights?[row] ?? 1)
                loss.sum += weight * Double(losses[row])
                loss.weight += weight
            }
            return loss
        }
    }

    /// The mean loss of the batch's labels and its gradients, which are added to `gradients`: what training does, to look at.
    ///
    /// - Parameter dropoutSeed: Of the masks of dropout; without dropout when nil.
    package func gradients(
        _ batch: T5Batch, addedTo gradients: T5Parameters, dropoutSeed: UInt64? = nil, kept: KeptActivations = .everything
    ) -> T5Loss {
        let loss = self.gradients(
            batch, addedTo: gradients, gradientScale: 1 / Float(max(batch.labelCount, 1)), taskWeights: nil,
            dropout: dropoutSeed.map { StepDropout(configuration, seed: $0, step: 1, pass: 0) }, kept: kept)
        weights.finish(gradients, kernels: kernels)
        return loss
    }

    /// Takes the memory of passes of up to so many rows ahead of them; a pass that needs more takes more.
    package func reserve(encoderRows: Int, decoderRows: Int, kept: KeptActivations) {
        let byteCount = Self.plannedByteCount(
            configuration, precision: weights.precision, encoderRows: encoderRows, decoderRows: decoderRows, kept: kept,
            threads: kernels.team.size)
        if byteCount > reservedByteCount {
            // The smaller one first, or both would be there at a time.
            workspace = Workspace()
            workspace = Workspace(byteCount: byteCount)
            reservedByteCount = byteCount
        }
    }

    /// What a pass over so many rows takes at the most beside parameters and weights, in bytes.
    package static func plannedByteCount(
        _ configuration: T5Configuration, precision: ProductPrecision, encoderRows: Int, decoderRows: Int, kept: KeptActivations,
        threads: Int
    ) -> Int {
        MemoryPlan(
            configuration, precision: precision, encoderRows: encoderRows, decoderRows: decoderRows, kept: kept, threads: threads
        ).byteCount
    }

    /// The most memory, in bytes, that a pass had in use since the last that was taken ahead.
    package var peakByteCount: Int { workspace.peakByteCount }

    private func run<Result>(
        _ batch: T5Batch, decoderRows: Bool = true, kept: KeptActivations, dropout: StepDropout?, _ body: (Pass) throws -> Result
    ) rethrows -> Result {
        precondition(batch.configuration == configuration, "a batch for another configuration")
        reserve(encoderRows: batch.encoderRows.count, decoderRows: decoderRows ? batch.decoderTokens.count : 0, kept: kept)
        return try batch.withBuffers { buffers in
            try workspace.scope {
                try body(
                    Pass(
                        parameters, weights, decoderRows ? buffers : buffers.withoutDecoder, kept: kept, dropout: dropout,
                        kernels: kernels, workspace: workspace))
            }
        }
    }
}

/// A sum of losses and of their weights, in nats.
package struct T5Loss: Sendable, Equatable {
    package var sum: Double
    /// The number of labels, or the sum of their weights.
    package var weight: Double
    /// NaN without labels.
    package var mean: Double { sum / weight }
}
