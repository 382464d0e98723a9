import RPC
import Student
import T5Model
import Testing
import Transport
import Wire

struct RecipeTests {
    @Test func `A request of nothing is the daemon's preset, as it is`() throws {
        for preset in StudentPreset.allCases {
            #expect(try TrainingRecipe(StartTrainingRequest(), standard: preset) == preset.recipe)
            #expect(try TrainingRecipe(StartTrainingRequest(preset: preset.rawValue), standard: .small) == preset.recipe)
            #expect(preset.recipe.preset == preset.rawValue && preset.recipe.seed == 1 && !preset.recipe.leaksTestOrder)
        }
        #expect(StudentPreset.standard == .small)
    }

    @Test func `What a request says is in the recipe, and nothing else changes`() throws {
        let request = StartTrainingRequest(
            preset: "paper", maxEpochs: 7, seed: 9, withoutRationales: true, mixture: "3:0:2:1", indexing: "digits-random", patience: 4,
            tokensPerStep: 64, disturbance: Disturbance(randomInteractions: 0.25, swappedRationales: 1))
        var wanted = StudentPreset.paper.recipe
        (wanted.epochs, wanted.seed, wanted.withoutRationales, wanted.patience, wanted.tokensPerStep) = (7, 9, true, 4, 64)
        wanted.mixture = TrainingRecipe.Mixture(explanation: 3, sequential: 0, rationales: 2, topN: 1)
        wanted.indexing = .digitsRandom
        (wanted.randomInteractions, wanted.swappedRationales) = (0.25, 1)
        #expect(try TrainingRecipe(request, standard: .small) == wanted)
        #expect(wanted.mixture.description == "3:0:2:1")
        let leaks = try TrainingRecipe(StartTrainingRequest(preset: "paper", indexing: "digits-in-order"), standard: .small)
        #expect(leaks.leaksTestOrder)
        for (indexing, preset) in [("atomic", "small"), ("atomic", "paper"), ("collaborative", "paper")] {
            let recipe = try TrainingRecipe(StartTrainingRequest(preset: preset, indexing: indexing), standard: .small)
            #expect(recipe.indexing.rawValue == indexing)
        }
        let long = try TrainingRecipe(StartTrainingRequest(maxEpochs: .max, patience: .max, tokensPerStep: 1 << 20), standard: .tiny)
        #expect([long.epochs, long.patience, long.tokensPerStep] == [1_000_000, 1_000_000, 1 << 20])
        let followed = try TrainingRecipe(StartTrainingRequest(followDistillation: true), standard: .tiny)
        #expect(followed == StudentPreset.tiny.recipe)
    }

    /// What is refused, and what the message has to say.
    private static let refused: [(StartTrainingRequest, [String])] = [
        (StartTrainingRequest(preset: "huge"), ["preset 'huge'", "small, medium, paper, tiny"]),
        (StartTrainingRequest(preset: "Small"), ["preset 'Small'"]),
        (StartTrainingRequest(indexing: "hashed"), ["indexing 'hashed'", "atomic, collaborative, digits-random, digits-in-order"]),
        (StartTrainingRequest(indexing: "digits-random"), ["indexing digits-random", "preset paper"]),
        (StartTrainingRequest(preset: "medium", indexing: "collaborative"), ["indexing collaborative", "medium"]),
        (StartTrainingRequest(mixture: "1:1:1"), ["mixture '1:1:1'"]),
        (StartTrainingRequest(mixture: "1:1:1:1:1"), ["mixture '1:1:1:1:1'"]),
        (StartTrainingRequest(mixture: "1:1::1"), ["mixture '1:1::1'"]),
        (StartTrainingRequest(mixture: "1:1:-1:0"), ["mixture '1:1:-1:0'"]),
        (StartTrainingRequest(mixture: "1:1:0.5:0"), ["mixture '1:1:0.5:0'"]),
        (StartTrainingRequest(mixture: "1:1001:1:0"), ["mixture '1:1001:1:0'", "1,000"]),
        (StartTrainingRequest(preset: "paper", mixture: "1:0:1:0"), ["mixture '1:0:1:0'", "above 0"]),
        (StartTrainingRequest(mixture: "1:1:1:1"), ["mixture", "ends with 0"]),
        (StartTrainingRequest(preset: "tiny", mixture: "1:0:1:1"), ["mixture", "preset tiny"]),
        (StartTrainingRequest(tokensPerStep: 63), ["tokens_per_step is 63", "64 to 1,048,576"]),
        (StartTrainingRequest(tokensPerStep: (1 << 20) + 1), ["tokens_per_step is 1048577"]),
        (StartTrainingRequest(withoutRationales: true, followDistillation: true), ["without_rationales", "follow_distillation"]),
        (StartTrainingRequest(disturbance: Disturbance(randomInteractions: 1.01)), ["random_interactions is 1.01"]),
        (StartTrainingRequest(disturbance: Disturbance(randomInteractions: -0.1)), ["random_interactions is -0.1"]),
        (StartTrainingRequest(disturbance: Disturbance(randomInteractions: .nan)), ["random_interactions is nan"]),
        (StartTrainingRequest(disturbance: Disturbance(swappedRationales: 2)), ["swapped_rationales is 2"]),
        (StartTrainingRequest(disturbance: Disturbance(swappedRationales: .infinity)), ["swapped_rationales is inf"]),
    ]

    @Test(arguments: refused.indices)
    func `What cannot be is refused with its field's name and what is possible`(_ index: Int) {
        let (request, words) = Self.refused[index]
        let error = #expect(throws: RPCError.self) { _ = try TrainingRecipe(request, standard: .small) }
        #expect(error?.code == .invalidArgument)
        for word in words { #expect(error?.message.contains(word) == true, "\(word): \(error?.message ?? "")") }
    }
}
