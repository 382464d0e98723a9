package import T5Model
internal import Tokenizers

/// Makes batches of examples: what the encoder reads, what the decoder is to say. Draws (wordings, stretches, negatives, cuts) are functions of the
/// seed, the epoch and the example.
package struct ExampleEncoder {
    let corpus: TrainingCorpus
    let recipe: TrainingRecipe
    let prompts: StudentPrompts
    /// By interaction: of each text its tokens; filled as texts are met.
    private var cache: [TrainingExample: [Int32]] = [:]

    package init(_ corpus: TrainingCorpus, _ recipe: TrainingRecipe, _ prompts: StudentPrompts) {
        self.corpus = corpus
        self.recipe = recipe
        self.prompts = prompts
    }

    private var tokenizer: SentencePieceTokenizer { prompts.encoder.tokenizer }

    /// Rows that it takes, nearly.
    package mutating func cost(_ example: TrainingExample) -> Int {
        switch example {
        case .next(let user):
            let items = min(corpus.users[user].steps.count, recipe.mostHistory)
            return recipe.formulation == .sequence ? items + 4 : 6 * items + 12
        case .choice: return 6 * Self.candidates
        case .explanation, .preference, .attributes: return text(example).count + 12
        }
    }

    /// Adds an example to the batch of its kind.
    package mutating func append(_ example: TrainingExample, epoch: Int, items: inout T5Batch, words: inout T5Batch) throws {
        switch example {
        case .next(let user):
            if recipe.formulation == .sequence {
                try appendHistory(user, epoch, to: &items)
            } else {
                try appendStretch(user, epoch, to: &words)
            }
        case .choice(let user): try appendChoice(user, epoch, to: &words)
        case .explanation(let user, let step):
            let before = corpus.users[user].steps[..<step].map(\.item)
            let prompt = prompts.explanation(
                user: number(user), history: before, item: corpus.users[user].steps[step].item,
                wording: wording(.explanation, example, epoch))
            try append(prompt, text(example), to: &words)
        case .preference(let user, let step):
            let history = corpus.users[user].steps[...step].map(\.item)
            try append(prompts.preference(user: number(user), history: history), text(example), to: &words)
        case .attributes(let user, let step):
            try append(prompts.attributes(item: corpus.users[user].steps[step].item), text(example), to: &words)
        }
    }

    // MARK: Items

    /// A history, each item from those before it. Some are read with the preferences of a beginning of theirs; what is learnt from is behind that
    /// beginning then, or the encoder would tell what the decoder is to find.
    private func appendHistory(_ user: Int, _ epoch: Int, to batch: inout T5Batch) throws {
        var random = StreamRandom(seed: recipe.seed, DrawPlace.prompts, UInt64(epoch), IDDigest.of(corpus.users[user].id))
        let all = corpus.users[user].steps
        let first = all.count > recipe.mostHistory ? random.below(all.count - recipe.mostHistory + 1) : 0
        let steps = all[first..<min(first + recipe.mostHistory, all.count)]
        var cut = steps.startIndex
        if recipe.preferenceShare > 0, steps.count > 1, random.uniform() < recipe.preferenceShare {
            cut += 1 + random.below(steps.count - 1)
        }
        let preferences = cut == steps.startIndex ? [] : all[..<cut].compactMap { corpus.rationales[$0.interaction]?.preference }
        let prompt = prompts.next(user: nil, history: [], preferences: preferences)
        let tokens = prompts.decoderTokens(history: steps.map(\.item))
        let labels = zip(steps.indices, tokens).map { $0 < cut ? -100 : $1 }
        let read = [batch.configuration.startToken] + tokens.dropLast()
        try batch.append(
            tokens: prompt.tokens, task: prompt.task.rawValue, labels: labels, decoderTokens: read,
            startWords: prompts.startWords(preferences))
    }

    /// RDRec's: an item from a stretch of the history before it.
    private func appendStretch(_ user: Int, _ epoch: Int, to batch: inout T5Batch) throws {
        var random = StreamRandom(seed: recipe.seed, DrawPlace.prompts, UInt64(epoch), IDDigest.of(corpus.users[user].id))
        let items = corpus.users[user].steps.map(\.item)
        let end = 1 + random.below(items.count - 1), begin = max(random.below(end), end - recipe.mostHistory)
        let wording = random.below(TaskTemplates.count(.sequential))
        let prompt = prompts.next(user: number(user), history: Array(items[begin..<end]), wording: wording)
        try append(prompt, prompts.encoder.indexing.label(items[end]), to: &batch)
    }

    private static let candidates = 100

    /// RDRec's: one of the user's items and others, in any order.
    private func appendChoice(_ user: Int, _ epoch: Int, to batch: inout T5Batch) throws {
        var random = StreamRandom(seed: recipe.seed, DrawPlace.prompts, UInt64(epoch), IDDigest.of(corpus.users[user].id), 1)
        let items = corpus.users[user].steps.map(\.item), own = Set(items), target = items[random.below(items.count)]
        var candidates: Set<Int> = [target]
        let most = min(Self.candidates, corpus.catalogue.count - own.count + 1)
        while candidates.count < most {
            let item = random.below(corpus.catalogue.count)
            if !own.contains(item) { candidates.insert(item) }
        }
        let order = candidates.sorted().shuffled(using: &random), wording = random.below(TaskTemplates.count(.topN))
        let prompt = prompts.choice(user: number(user), candidates: order, wording: wording)
        try append(prompt, prompts.encoder.indexing.label(target), to: &batch)
    }

    // MARK: Texts

    private func append(_ prompt: EncodedPrompt, _ labels: [Int32], to batch: inout T5Batch) throws {
        try batch.append(
            tokens: prompt.tokens, wholeWords: prompt.wholeWords.map { min($0, Int32(batch.configuration.wholeWordCount - 1)) },
            task: prompt.task.rawValue, labels: labels)
    }

    /// What is to be said, with the end token where it has not been cut.
    private mutating func text(_ example: TrainingExample) -> [Int32] {
        if let known = cache[example] { return known }
        let text: String
        switch example {
        case .explanation(let user, let step): text = corpus.reviews[corpus.users[user].steps[step].interaction] ?? ""
        case .preference(let user, let step): text = corpus.rationales[corpus.users[user].steps[step].interaction]?.preference ?? ""
        case .attributes(let user, let step): text = corpus.rationales[corpus.users[user].steps[step].interaction]?.attributes ?? ""
        case .next, .choice: text = ""
        }
        var tokens = tokenizer.encode(text)
        if tokens.last != SentencePieceTokenizer.endToken { tokens.append(SentencePieceTokenizer.endToken) }
        tokens = Array(tokens.prefix(recipe.mostTextTokens))
        cache[example] = tokens
        return tokens
    }

    /// From 1 on, in the corpus' order, which says nothing of what users did.
    private func number(_ user: Int) -> Int? { recipe.formulation == .paper ? user + 1 : nil }

    private func wording(_ task: RecommendationTask, _ example: TrainingExample, _ epoch: Int) -> Int? {
        guard recipe.formulation == .paper, case .explanation(let user, let step) = example else { return nil }
        var random = StreamRandom(seed: recipe.seed, DrawPlace.texts, UInt64(epoch), IDDigest.of(corpus.users[user].id), UInt64(step))
        return random.below(TaskTemplates.count(task))
    }
}
