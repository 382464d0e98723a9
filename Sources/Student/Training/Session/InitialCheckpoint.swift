internal import Kernels
internal import ModelFiles
internal import T5Model
internal import Tokenizers

/// Weights that a training begins with: a version's, or those of a folder as `transformers` writes it. The training takes over their sizes and
/// their vocabulary.
struct InitialCheckpoint: @unchecked Sendable {
    // Read by one thread after the other, and never written.
    let folder: String
    /// A version has items of its own.
    let isVersion: Bool
    let parameters: T5Parameters
    let tokenizer: SentencePieceTokenizer

    /// Reads it. Blocks.
    /// - Throws: `JobFailure` for what is missing or damaged.
    init(folder: String, isVersion: Bool, seed: UInt64) throws {
        self.folder = folder
        self.isVersion = isVersion
        do {
            parameters = try Checkpoint.load(folder, seed: seed)
            tokenizer = try StudentFolder(folder).tokenizer()
        } catch {
            throw JobFailure("the initial checkpoint is neither a version (rdrec models) nor a folder with a T5: \(error)")
        }
        guard tokenizer.pieceCount <= parameters.configuration.baseVocabularyCount else {
            throw JobFailure(
                "the initial checkpoint \(folder) has \(parameters.configuration.baseVocabularyCount) rows for a vocabulary of "
                    + "\(tokenizer.pieceCount) pieces")
        }
    }

    /// The sizes of the model that goes on from it.
    func configuration(items: Int, words: Int, _ recipe: TrainingRecipe) -> T5Configuration {
        var c = parameters.configuration
        c.vocabularyCount = c.baseVocabularyCount + items
        c.itemCount = items
        c.contentWordCount = c.isTied ? words : 0
        c.dropoutRate = recipe.dropout
        c.dropsDecoderOutput = recipe.dropsOutput
        return c
    }

    /// Its weights with rows for the items of a training. Those that a version knows begin where they ended there.
    func weights(_ wanted: T5Configuration, _ setup: TrainingSetup, _ recipe: TrainingRecipe) throws -> T5Parameters {
        let result = T5Parameters(wanted)
        result.initialize(seed: recipe.seed)
        let tables = [T5Layout.embeddingName, T5Layout.headName]
        for entry in parameters.layout.entries where !tables.contains(entry.name) {
            guard let source = parameters[entry.name], let target = result[entry.name], source.count == target.count else { continue }
            _ = target.update(fromContentsOf: source)
        }
        copyRows(parameters.embedding, result.embedding)
        if !wanted.isTied { copyRows(parameters.head, result.head) }
        guard wanted.itemCount > 0 else { return result }
        let first = wanted.baseVocabularyCount
        result.initialize(
            T5Layout.embeddingName, rows: first..<wanted.vocabularyCount, deviation: recipe.itemDeviation, seed: recipe.seed &+ 1)
        if wanted.contentWordCount > 0 {
            // What a version knows of its items' texts is in their rows already: it begins anew from nothing.
            result.initialize(
                T5Layout.itemContentName, rows: 0..<wanted.contentWordCount, deviation: isVersion ? 0 : recipe.wordDeviation,
                seed: recipe.seed)
        }
        if isVersion, recipe.indexing == .atomic, parameters.configuration.itemCount > 0 { try copyItems(to: result, setup) }
        return result
    }

    private func copyRows(_ source: MutableRows, _ target: MutableRows) {
        for row in 0..<parameters.configuration.baseVocabularyCount { target[row].update(from: source[row], count: source.columns) }
    }

    private func copyItems(to result: T5Parameters, _ setup: TrainingSetup) throws {
        let known = try StudentFolder(folder).catalogue(), width = result.configuration.width
        // Of another indexing the rows are parts of items.
        guard try StudentFolder(folder).itemIndex().kind == .atomic, parameters.configuration.itemCount == known.count else { return }
        for (place, id) in setup.catalogue.ids.enumerated() {
            guard let old = known.place(id) else { continue }
            let row = parameters.configuration.baseVocabularyCount + old
            result.embedding[result.configuration.baseVocabularyCount + place].update(from: parameters.embedding[row], count: width)
        }
    }
}
