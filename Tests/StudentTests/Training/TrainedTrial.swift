import ChildProcesses
import Foundation
import ModelFiles
import Store
import Student
import T5Model
import Tokenizers
import Wire

/// A training without a job, and what it leaves: read from its files, as anybody could.
struct TrainedTrial {
    let folder: String
    let corpus: TrainingCorpus
    let recipe: TrainingRecipe
    let metrics: [String: Double]
    let tokenizer: SentencePieceTokenizer
    let indexing: any ItemIndexing
    let words: ContentWords?

    /// Trains in a folder that is not there.
    init(_ corpus: TrainingCorpus, _ recipe: TrainingRecipe, folder: String) throws {
        self.folder = folder
        self.corpus = corpus
        self.recipe = recipe
        metrics = try Trial.run(corpus, recipe, folder: folder, kernels: trainingKernels())
        tokenizer = try SentencePieceTokenizer([UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/setup/spiece.model"))))
        let record: ItemIndexRecord = try Self.read(folder + "/setup/items.json")
        indexing = try record.indexing(tokenizer)
        let told = folder + "/setup/content-words.json"
        words = FileManager.default.fileExists(atPath: told) ? try Self.read(told) : nil
    }

    init(_ store: any Store, _ split: Split, _ recipe: TrainingRecipe, folder: String) async throws {
        try self.init(try await TrialCorpus.read(store, split, recipe), recipe, folder: folder)
    }

    private static func read<Value: Decodable>(_ path: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// Where the best epoch's weights are.
    var best: String { @inline(never) get throws { "\(folder)/best-\(Int(try found(metrics["epoch"], "an epoch")))-0" } }

    var configuration: T5Configuration { @inline(never) get throws { try loadedParameters(best).configuration } }

    /// sha256 of the best weights.
    var digest: String { @inline(never) get throws { try fileDigest(best + "/model.safetensors") } }

    var prompts: StudentPrompts { StudentPrompts(recipe, PromptEncoder(tokenizer, indexing), words) }
}

// Calls whose errors have a type, kept out of asynchronous functions: the optimiser of Swift 6.3.1 fails on some of those.

@inline(never) func loadedParameters(_ folder: String) throws -> T5Parameters { try Checkpoint.load(folder) }

@inline(never) func fileDigest(_ path: String) throws -> String { try FileDigest.sha256(path: path) }
