internal import Foundation
package import Kernels
internal import ModelFiles
internal import T5Model
internal import Tokenizers

/// A version in memory, as its folder has it. Immutable: threads share it, each with a ranker or a writer of its own.
package final class StudentModel: Sendable {
    package let description: ModelDescription
    package let catalogue: ModelCatalogue
    let recipe: TrainingRecipe
    let prompts: StudentPrompts
    /// Of the `paper` formulation: each user's number.
    let userNumbers: [String: Int]
    private let parameters: T5Parameters
    private let weights: T5Weights
    private let kernels: Kernels

    /// Reads and packs a version. Blocks.
    /// - Parameter kernels: whose instruction set the weights are packed for; rankers run on its team.
    /// - Throws: what is missing or damaged, with its file.
    package init(folder: String, kernels: Kernels) throws {
        let files = StudentFolder(folder)
        description = try files.description()
        recipe = try files.recipe()
        catalogue = try files.catalogue()
        let tokenizer = try files.tokenizer(), record = try files.itemIndex()
        guard record.itemCount == catalogue.count else {
            throw ModelFileError(file: folder, "the item index has \(record.itemCount) items, and the catalogue \(catalogue.count)")
        }
        let parameters = try Checkpoint.load(folder)
        prompts = StudentPrompts(
            recipe.formulation, PromptEncoder(tokenizer, try record.indexing(tokenizer)), mostPreferenceTokens: recipe.mostPreferenceTokens)
        userNumbers = Dictionary(try files.users().enumerated().map { ($1, $0 + 1) }) { first, _ in first }
        self.parameters = parameters
        self.kernels = kernels
        weights = T5Weights(parameters, precision: Self.precision(kernels), kernels: kernels)
    }

    private static func precision(_ kernels: Kernels) -> ProductPrecision { kernels.instructionSet.hasBFloat16 ? .bfloat16 : .float32 }

    /// What ranks for one thread at a time.
    package func makeRanker() throws -> any ItemRanking {
        try StudentRanker(
            T5Model(parameters, weights, kernels: kernels), prompts, mostHistory: recipe.mostHistory, userNumbers: userNumbers)
    }

    /// What writes for one thread at a time.
    package func makeWriter() throws -> any ExplanationWriting {
        StudentWriter(
            T5Model(parameters, weights, kernels: kernels), prompts, mostTokens: recipe.mostTextTokens, userNumbers: userNumbers)
    }
}
