package import RPC
internal import T5Model
internal import Transport
package import Wire

extension TrainingRecipe {
    /// What a request asks for.
    /// - Throws: INVALID_ARGUMENT for what cannot be, naming the field and what is possible.
    package init(_ request: StartTrainingRequest, standard: StudentPreset) throws(RPCError) {
        let preset = request.preset.isEmpty ? standard : StudentPreset(rawValue: request.preset)
        guard let preset else {
            let known = StudentPreset.allCases.map(\.rawValue).joined(separator: ", ")
            throw RPCError(.invalidArgument, "there is no preset '\(request.preset)': \(known)")
        }
        self = preset.recipe
        if !request.indexing.isEmpty {
            guard let kind = ItemIndexKind(rawValue: request.indexing) else {
                let known = ItemIndexKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw RPCError(.invalidArgument, "there is no indexing '\(request.indexing)': \(known)")
            }
            guard formulation == .paper || kind == .atomic else {
                throw RPCError(
                    .invalidArgument, "preset \(preset.rawValue) has a token an item: indexing \(kind.rawValue) is for preset paper")
            }
            indexing = kind
        }
        if !request.mixture.isEmpty {
            guard let mixture = Mixture(request.mixture) else {
                throw RPCError(
                    .invalidArgument,
                    "mixture '\(request.mixture)' is not explanation:sequential:rationales:top-n in whole numbers up to 1,000, one of the "
                        + "second and the last above 0, such as 1:1:1:1")
            }
            guard formulation == .paper || mixture.sequential > 0 && mixture.topN == 0 else {
                throw RPCError(
                    .invalidArgument,
                    "preset \(preset.rawValue) ranks candidates by its next item: its mixture ends with 0, and the second is above")
            }
            self.mixture = mixture
        }
        if request.maxEpochs > 0 { epochs = Int(min(request.maxEpochs, 1_000_000)) }
        if request.patience > 0 { patience = Int(min(request.patience, 1_000_000)) }
        if request.tokensPerStep > 0 {
            guard (64...1 << 20).contains(request.tokensPerStep) else {
                throw RPCError(.invalidArgument, "tokens_per_step is \(request.tokensPerStep); 64 to 1,048,576 are possible")
            }
            tokensPerStep = Int(request.tokensPerStep)
        }
        if request.seed > 0 { seed = request.seed }
        withoutRationales = request.withoutRationales
        guard !(request.withoutRationales && request.followDistillation) else {
            throw RPCError(.invalidArgument, "without_rationales and follow_distillation contradict each other")
        }
        let disturbance = request.disturbance ?? Disturbance()
        for (name, share) in [
            ("random_interactions", disturbance.randomInteractions), ("swapped_rationales", disturbance.swappedRationales),
        ] {
            guard (0...1).contains(share) else { throw RPCError(.invalidArgument, "\(name) is \(share); it is a share of 0 to 1") }
        }
        randomInteractions = disturbance.randomInteractions
        swappedRationales = disturbance.swappedRationales
    }
}
