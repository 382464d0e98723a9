package import T5Model
internal import Tokenizers

/// What the encoder reads for each task: the same in training, validation and serving.
///
/// The `paper` formulation puts users and items into RDRec's prompts. In the `sequence` formulation users have no identifiers, so that one who came
/// yesterday is as good as any: for the next item the encoder reads the user's preferences, for texts the latest items and the one in question.
package struct StudentPrompts: Sendable {
    package let formulation: TrainingRecipe.Formulation
    package let encoder: PromptEncoder
    /// Of the preferences for the next item, the newest.
    package let mostPreferenceTokens: Int
    /// Items of the history that a text is asked for with.
    private static let mostItemsOfText = 8
    /// That the start of a history is told in; nil where it has none.
    private let words: ContentWords?

    package init(_ recipe: TrainingRecipe, _ encoder: PromptEncoder, _ words: ContentWords?) {
        formulation = recipe.formulation
        self.encoder = encoder
        mostPreferenceTokens = recipe.preferenceTokens
        self.words = recipe.readsPreferences && recipe.startsWithPreferences ? words : nil
    }

    /// What the decoder's start has of a user's preferences.
    /// - Parameter preferences: sentences, of which the last ``UserContext/mostPreferences`` count.
    package func startWords(_ preferences: [String]) -> WeightedWords? {
        words?.weighted(preferences.suffix(UserContext.mostPreferences))
    }

    /// Of the next item.
    /// - Parameters:
    ///   - user: the user's number; nil for one without.
    ///   - history: what a prompt of the `paper` formulation lists, oldest first.
    ///   - preferences: sentences, oldest first.
    ///   - wording: one of the task's; the bare one when nil.
    package func next(user: Int?, history: [Int], preferences: [String] = [], wording: Int? = nil) -> EncodedPrompt {
        if formulation == .paper {
            return encoder.encode(TaskTemplates.prompt(.sequential, wording: wording, user: user, items: history))
        }
        var prompt = EncodedPrompt(task: .sequential)
        if mostPreferenceTokens > 0 {
            prompt.tokens = newest(preferences.suffix(UserContext.mostPreferences).map { encoder.tokenizer.encode($0) })
        }
        prompt.wholeWords = prompt.tokens.map { _ in 0 }
        return prompt
    }

    /// Of the one among candidates.
    package func choice(user: Int?, candidates: [Int], wording: Int? = nil) -> EncodedPrompt {
        encoder.encode(TaskTemplates.prompt(.topN, wording: wording, user: user, items: candidates))
    }

    /// - Parameter history: of the user before the item, oldest first.
    package func explanation(user: Int?, history: [Int], item: Int, wording: Int? = nil) -> EncodedPrompt {
        if formulation == .paper {
            return encoder.encode(TaskTemplates.prompt(.explanation, wording: wording, user: user, items: [item]))
        }
        return encoder.encode(TaskPrompt(.explanation, (history.suffix(Self.mostItemsOfText) + [item]).map { .item($0) }))
    }

    package func preference(user: Int?, history: [Int]) -> EncodedPrompt {
        if formulation == .paper { return encoder.encode(TaskTemplates.prompt(.preference, user: user)) }
        return encoder.encode(TaskPrompt(.preference, history.suffix(Self.mostItemsOfText).map { .item($0) }))
    }

    package func attributes(item: Int) -> EncodedPrompt {
        if formulation == .paper { return encoder.encode(TaskTemplates.prompt(.attributes, items: [item])) }
        return encoder.encode(TaskPrompt(.attributes, [.item(item)]))
    }

    /// What the decoder reads before it says the next item, behind its start token.
    package func decoderTokens(history: [Int]) -> [Int32] {
        formulation == .paper ? [] : history.flatMap { encoder.indexing.label($0) }
    }

    /// The newest sentences that fit, in their order.
    private func newest(_ sentences: [[Int32]]) -> [Int32] {
        var left = mostPreferenceTokens, first = sentences.count
        while first > 0, sentences[first - 1].count <= left {
            first -= 1
            left -= sentences[first].count
        }
        return sentences[first...].flatMap { $0 }
    }
}
