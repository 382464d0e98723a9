package import Kernels
internal import ModelFiles
internal import T5Model
internal import Tokenizers

/// A version in memory, as its folder has it. Immutable: threads share it, each with a ranker or a writer of its own.
package final class StudentModel: LoadedVersion {
    package let description: ModelDescription
    package let catalogue: ModelCatalogue
    private let recipe: TrainingRecipe
    private let prompts: StudentPrompts
    /// Of the `paper` formulation: each user's number.
    private let userNumbers: [String: Int]
    private let parameters: T5Parameters
    private let weights: T5Weights
    private let kernels: (ranking: Kernels, writing: Kernels)

    /// Reads and packs a version. Blocks.
    /// - Parameters:
    ///   - ranking: whose instruction set the weights are packed for; rankers run on its team.
    ///   - writing: of the same set; writers run on its team, so that rankers never wait for them.
    /// - Throws: what is missing or damaged, with its file.
    package init(folder: String, ranking: Kernels, writing: Kernels) throws {
        precondition(ranking.instructionSet == writing.instructionSet, "weights are packed for one instruction set")
        let files = StudentFolder(folder), version = VersionFolder(path: folder)
        description = try version.description()
        catalogue = try version.catalogue()
        recipe = try files.recipe()
        let tokenizer = try files.tokenizer(), record = try files.itemIndex()
        guard record.itemCount == catalogue.count else {
            throw ModelFileError(file: folder, "the item index has \(record.itemCount) items, and the catalogue \(catalogue.count)")
        }
        let saved = try Checkpoint.load(folder), words = files.exists(StudentFolder.wordsName) ? try files.words() : nil
        parameters = saved
        let encoder = PromptEncoder(tokenizer, try record.indexing(tokenizer))
        prompts = StudentPrompts(recipe, encoder, words)
        userNumbers = Dictionary(try files.users().enumerated().map { ($1, $0 + 1) }) { first, _ in first }
        kernels = (ranking, writing)
        let precision: ProductPrecision = ranking.instructionSet.hasBFloat16 ? .bfloat16 : .float32
        weights = T5Weights(saved, precision: precision, kernels: ranking, content: .none(saved.configuration))
    }

    /// What the digits of each item say; nil where items are no numbers.
    package var itemNumbers: [Int]? { prompts.encoder.indexing.record.numbers }
    package var mostHistory: Int { recipe.mostHistory }
    package var readsPreferences: Bool { recipe.readsPreferences }
    package var instructionSet: String { kernels.ranking.instructionSet.rawValue }

    package func makeRanker() throws -> any ItemRanking {
        let model = T5Model(parameters, weights, kernels: kernels.ranking)
        return try StudentRanker(model, prompts, mostHistory: recipe.mostHistory, userNumbers: userNumbers)
    }

    package func makeWriter() throws -> any ExplanationWriting {
        let model = T5Model(parameters, weights, kernels: kernels.writing)
        return StudentWriter(model, prompts, mostTokens: recipe.mostTextTokens, userNumbers: userNumbers)
    }
}
