internal import T5Model

/// Recipes by name. `README.md` of this target tells by what measurements they were chosen.
package enum StudentPreset: String, Sendable, CaseIterable {
    /// The default: histories in the decoder, items that draw on texts.
    case small
    /// As small, and wider: for catalogues of more than a few thousand items.
    case medium
    /// RDRec's five tasks in prompts, on a T5 of the size that `T5Preset.mini` has.
    case paper
    /// For tests.
    case tiny

    package var recipe: TrainingRecipe {
        switch self {
        case .small:
            TrainingRecipe(
                preset: rawValue, formulation: .sequence, indexing: .atomic,
                mixture: TrainingRecipe.Mixture(explanation: 1, sequential: 4, rationales: 1, topN: 0), width: 64, heads: 2, headWidth: 32,
                feedForward: 256, encoderLayers: 1, decoderLayers: 2, dropout: 0.4, dropsOutput: false, outputScale: 0.1,
                pieceDeviation: 0.1, itemDeviation: 0.3, wordDeviation: 0.3, peakRate: 3e-3, warmUpSteps: 20, weightDecay: 1e-3,
                maximumGradientNorm: 1, averageDecay: 0.98, tokensPerStep: 1_024, epochs: 60, patience: 12, vocabularyPieces: 4_000)
        case .medium:
            TrainingRecipe(
                preset: rawValue, formulation: .sequence, indexing: .atomic,
                mixture: TrainingRecipe.Mixture(explanation: 1, sequential: 4, rationales: 1, topN: 0), width: 128, heads: 4, headWidth: 32,
                feedForward: 512, encoderLayers: 1, decoderLayers: 2, dropout: 0.3, dropsOutput: false, outputScale: 0.1,
                pieceDeviation: 0.1, itemDeviation: 0.3, wordDeviation: 0.3, peakRate: 2e-3, warmUpSteps: 100, weightDecay: 1e-3,
                maximumGradientNorm: 1, tokensPerStep: 2_048, epochs: 40, patience: 5, vocabularyPieces: 8_000)
        case .paper:
            TrainingRecipe(
                preset: rawValue, formulation: .paper, indexing: .collaborative,
                mixture: TrainingRecipe.Mixture(explanation: 1, sequential: 1, rationales: 1, topN: 1), width: 256, heads: 8, headWidth: 32,
                feedForward: 1_024, encoderLayers: 4, decoderLayers: 4, dropout: 0.1, itemDeviation: 1, wordDeviation: 1,
                usesContent: false,
                peakRate: 5e-4, warmUpSteps: 0, weightDecay: 0.01, maximumGradientNorm: nil, tokensPerStep: 4_096, epochs: 100, patience: 5,
                mostHistory: 20, mostTextTokens: 20, vocabularyPieces: 8_000)
        case .tiny:
            TrainingRecipe(
                preset: rawValue, formulation: .sequence, indexing: .atomic,
                mixture: TrainingRecipe.Mixture(explanation: 1, sequential: 2, rationales: 1, topN: 0), width: 32, heads: 2, headWidth: 16,
                feedForward: 64, encoderLayers: 1, decoderLayers: 1, dropout: 0.1, dropsOutput: false, outputScale: 0.1,
                pieceDeviation: 0.1,
                itemDeviation: 0.1, wordDeviation: 0.1, peakRate: 3e-3, warmUpSteps: 10, weightDecay: 1e-3, maximumGradientNorm: 1,
                tokensPerStep: 512, epochs: 20, patience: 5,
                vocabularyPieces: 500)
        }
    }

    package static let standard = StudentPreset.small
}
