internal import Foundation
internal import T5Model

/// What a model is worth between epochs: the validation's items ranked over the whole catalogue, seen items left out, and the losses of each task.
struct TrainingValidation {
    /// What epochs are compared by.
    static let chosenBy = ActivationPolicy.metric
    /// Users at the most, by the order of the corpus, which is that of a digest.
    private static let mostUsers = 10_000
    /// Where an item is found by beams, which takes a hundred times as long.
    private static let mostUsersByBeams = 500
    private static let usersAtATime = 128
    private static let cutoff = 10

    private let requests: [(request: RankingRequest, target: Int)]
    private let recipe: TrainingRecipe
    private let prompts: StudentPrompts
    private let model: T5Model
    private let ranker: StudentRanker

    init(_ corpus: TrainingCorpus, _ recipe: TrainingRecipe, _ prompts: StudentPrompts, _ model: T5Model) throws {
        self.recipe = recipe
        self.prompts = prompts
        self.model = model
        let numbers =
            recipe.formulation == .paper ? Dictionary(corpus.users.enumerated().map { ($1.id, $0 + 1) }) { first, _ in first } : [:]
        ranker = try StudentRanker(model, prompts, mostHistory: recipe.mostHistory, userNumbers: numbers)
        var requests: [(RankingRequest, Int)] = []
        for user in corpus.users where requests.count < (recipe.formulation == .sequence ? Self.mostUsers : Self.mostUsersByBeams) {
            guard let target = user.validation else { continue }
            let history = user.steps.map(\.item), seen = Set(history).subtracting([target])
            // All seen, or seen and wanted: as serving answers, the item is none that could be recommended.
            guard seen.count < corpus.catalogue.count else { continue }
            let preferences = user.steps.compactMap { corpus.rationales[$0.interaction]?.preference }
            requests.append(
                (
                    RankingRequest(
                        user: UserContext(
                            id: user.id, preferences: preferences),
                        history: history, exclusions: seen.sorted(), count: Self.cutoff), target
                ))
        }
        self.requests = requests
    }

    func measure(_ heldBack: [TrainingExample], _ encoder: inout ExampleEncoder) throws -> [String: Double] {
        ranker.parametersChanged()
        var metrics = try ranking()
        for (name, value) in try losses(heldBack, &encoder) { metrics[name] = value }
        return metrics
    }

    /// Nothing where nobody is tested.
    private func ranking() throws -> [String: Double] {
        guard !requests.isEmpty else { return [:] }
        var hits = 0.0, gain = 0.0, reciprocal = 0.0
        for begin in stride(from: 0, to: requests.count, by: Self.usersAtATime) {
            let part = requests[begin..<min(begin + Self.usersAtATime, requests.count)]
            for ((_, target), items) in zip(part, try ranker.best(part.map(\.request))) {
                guard let rank = items.firstIndex(where: { $0.item == target }) else { continue }
                hits += 1
                gain += 1 / log2(Double(rank + 2))
                reciprocal += 1 / Double(rank + 1)
            }
        }
        let count = Double(requests.count)
        return ["validation/hr@10": hits / count, "validation/ndcg@10": gain / count, "validation/mrr@10": reciprocal / count]
    }

    /// The mean loss of each task on what is not trained on: the validation's items, and texts that were held back.
    private func losses(_ heldBack: [TrainingExample], _ encoder: inout ExampleEncoder) throws -> [String: Double] {
        var losses: [String: Double] = [:]
        if recipe.formulation == .sequence {
            var sum = 0.0, count = 0.0
            for begin in stride(from: 0, to: requests.count, by: Self.usersAtATime) {
                var batch = T5Batch(model.configuration, saysItems: true)
                for (request, target) in requests[begin..<min(begin + Self.usersAtATime, requests.count)] {
                    let read = [model.configuration.startToken] + prompts.decoderTokens(history: request.history.suffix(recipe.mostHistory))
                    let labels = [Int32](repeating: -100, count: read.count - 1) + prompts.decoderTokens(history: [target])
                    try batch.append(tokens: [], task: RecommendationTask.sequential.rawValue, labels: labels, decoderTokens: read)
                }
                let loss = model.loss(batch)
                sum += loss.sum
                count += loss.weight
            }
            if count > 0 { losses["loss/sequential"] = sum / count }
        }
        let texts = Dictionary(grouping: heldBack) { example in
            switch example {
            case .explanation: "loss/explanation"
            case .preference: "loss/preference"
            case .attributes: "loss/attributes"
            case .next, .choice: "loss/items"
            }
        }
        for (name, examples) in texts {
            var items = T5Batch(model.configuration, saysItems: recipe.formulation == .sequence), words = T5Batch(model.configuration)
            for example in examples { try encoder.append(example, epoch: 0, items: &items, words: &words) }
            losses[name] = model.loss(words).mean
        }
        return losses
    }
}
