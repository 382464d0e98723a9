internal import T5Model

/// Ranks by decoding inside the catalogue.
final class StudentRanker: ItemRanking {
    private let decoder: ItemDecoder
    private let prompts: StudentPrompts
    private let mostHistory: Int
    private let userNumbers: [String: Int]
    /// Where an item is several tokens: hypotheses that go on. Where it is one the answer is exact.
    private static let beams = 20

    init(_ model: T5Model, _ prompts: StudentPrompts, mostHistory: Int, userNumbers: [String: Int]) throws {
        decoder = try ItemDecoder(model, prompts.encoder.indexing.trie)
        self.prompts = prompts
        self.mostHistory = mostHistory
        self.userNumbers = userNumbers
    }

    /// To be called when the model has been trained on.
    func parametersChanged() { decoder.parametersChanged() }

    func best(_ requests: [RankingRequest]) throws -> [[ScoredItem]] {
        let encoded = try requests.map(encode)
        var results: [[ScoredItem]] = Array(repeating: [], count: requests.count)
        // Those of one count together: a search has one.
        for (count, places) in Dictionary(grouping: requests.indices, by: { min(requests[$0].count, encoded[$0].view.count) }) {
            let part = places.map { encoded[$0] }
            let all = part.allSatisfy { $0.view.count == count }
            let found = all ? try decoder.scores(part) : try decoder.best(count, beams: max(count, Self.beams), part)
            for (place, items) in zip(places, found) { results[place] = items }
        }
        return results
    }

    private func encode(_ request: RankingRequest) throws -> ItemRequest {
        let history = Array(request.history.suffix(mostHistory)), user = request.user.flatMap { userNumbers[$0.id] }
        let preferences = request.user?.preferences ?? []
        let prompt = prompts.next(user: user, history: history, preferences: preferences)
        let view = try CatalogueView(prompts.encoder.indexing.trie, candidates: request.candidates, excluding: request.exclusions)
        return ItemRequest(
            tokens: prompt.tokens, wholeWords: prompts.formulation == .paper ? prompt.wholeWords : nil, task: prompt.task,
            decoderTokens: prompts.decoderTokens(history: history), startWords: prompts.startWords(preferences), view: view)
    }
}
