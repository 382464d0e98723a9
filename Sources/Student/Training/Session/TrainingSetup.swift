internal import Foundation
internal import ModelFiles
internal import T5Model
internal import Tokenizers

/// What a training decides at its beginning and keeps to its end: catalogue, vocabulary, item index, the words of content. Files of a folder, so that
/// a training goes on with the same after any restart.
struct TrainingSetup {
    let catalogue: ModelCatalogue
    let tokenizer: SentencePieceTokenizer
    let index: ItemIndexRecord
    /// Nil where items have no content.
    let words: ContentWords?
    /// Ids in the corpus' order, of the `paper` formulation.
    let users: [String]

    /// Lines that the vocabulary is made from, at the most.
    private static let mostLines = 200_000

    /// Makes it of a corpus with the rationales that there are. Blocks.
    /// - Parameters:
    ///   - appearance: items in the order in which they first appear, test included; of `digits-in-order` alone.
    ///   - initial: that the training begins with; nil from scratch.
    ///   - follows: whether rationales are yet to come: while there are none their words are found in the reviews that they will be of.
    init(_ corpus: TrainingCorpus, _ recipe: TrainingRecipe, appearance: [Int]?, initial: InitialCheckpoint?, follows: Bool = false) throws
    {
        catalogue = corpus.catalogue
        users = recipe.formulation == .paper ? corpus.users.map(\.id) : []
        tokenizer = try initial?.tokenizer ?? Self.vocabulary(corpus, recipe)
        let first = Int32(initial?.parameters.configuration.baseVocabularyCount ?? tokenizer.vocabularyCount)
        switch recipe.indexing {
        case .atomic: index = try AtomicIndexing(itemCount: catalogue.count, firstToken: first).record
        case .collaborative:
            index = try CollaborativeIndexing(itemCount: catalogue.count, histories: corpus.histories, firstToken: first).record
        case .digitsRandom:
            index = try DigitsIndexing.random(itemCount: catalogue.count, seed: recipe.seed, firstToken: first, tokenizer: tokenizer).record
        case .digitsInOrder: index = try DigitsIndexing.inOrder(appearance ?? [], firstToken: first, tokenizer: tokenizer).record
        }
        let words =
            recipe.usesContent ? ContentWords(ContentWords.documents(corpus, withReviews: follows && corpus.rationales.isEmpty)) : nil
        self.words = words?.count == 0 ? nil : words
    }

    /// The one of a folder.
    init(folder: String) throws {
        let files = StudentFolder(folder)
        catalogue = try files.catalogue()
        tokenizer = try files.tokenizer()
        index = try files.itemIndex()
        words = files.exists(StudentFolder.wordsName) ? try files.words() : nil
        users = try files.users()
    }

    /// Writes all that a version needs too.
    func write(to folder: CheckpointFolder) throws {
        try folder.write(StudentFolder.json(catalogue), to: StudentFolder.catalogueName)
        try folder.write(tokenizer.bytes, to: StudentFolder.tokenizerName)
        try folder.write(StudentFolder.json(index), to: StudentFolder.itemIndexName)
        if let words { try folder.write(StudentFolder.json(words), to: StudentFolder.wordsName) }
        if !users.isEmpty { try folder.write(StudentFolder.json(users), to: StudentFolder.usersName) }
    }

    /// Of what training may see, the test's texts are not among it.
    private static func vocabulary(_ corpus: TrainingCorpus, _ recipe: TrainingRecipe) throws -> SentencePieceTokenizer {
        var lines: [String] = []
        for task in RecommendationTask.allCases {
            for wording in 0..<TaskTemplates.count(task) {
                lines += TaskTemplates.prompt(task, wording: wording).parts.compactMap {
                    if case .text(let text) = $0 { text } else { nil }
                }
            }
        }
        // Identifiers of the `paper` formulation are spelt in digits.
        if recipe.formulation == .paper { lines += (0..<200).map { "user_\($0 * 7) item_\(1_001 + $0 * 13)" } }
        lines += corpus.catalogue.titles.filter { !$0.isEmpty }
        for user in corpus.users {
            for step in user.steps {
                if let texts = corpus.rationales[step.interaction] { lines += [texts.preference, texts.attributes] }
                if recipe.mixture.explanation > 0, let review = corpus.reviews[step.interaction] { lines.append(review) }
            }
            if lines.count > mostLines { break }
        }
        // Digits for numbers of any kind, in a shop without texts too.
        lines += (0..<10).map { "\($0) \($0)\($0)" }
        var pieces = recipe.vocabularyPieces
        while true {
            do {
                return try SentencePieceTokenizer.train(SentencePieceTraining(pieceCount: pieces, byteFallback: false), on: lines)
            } catch {
                // Of little text there are not so many pieces.
                guard pieces > 64 else { throw error }
                pieces /= 2
            }
        }
    }

    /// The sizes of the recipe's model.
    func configuration(_ recipe: TrainingRecipe, initial: InitialCheckpoint?) throws -> T5Configuration {
        let indexing = try index.indexing(tokenizer), words = recipe.indexing == .atomic ? words?.count ?? 0 : 0
        if let initial { return initial.configuration(items: indexing.addedTokenCount, words: words, recipe) }
        var c = T5Configuration(
            vocabularyCount: tokenizer.vocabularyCount + indexing.addedTokenCount, width: recipe.width, headWidth: recipe.headWidth,
            heads: recipe.heads, feedForward: recipe.feedForward, encoderLayers: recipe.encoderLayers, decoderLayers: recipe.decoderLayers)
        c.itemCount = indexing.addedTokenCount
        c.dropoutRate = recipe.dropout
        c.dropsDecoderOutput = recipe.dropsOutput
        c.contentWordCount = words
        return c
    }
}
