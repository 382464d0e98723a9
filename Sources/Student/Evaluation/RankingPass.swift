internal import Baselines
internal import Evaluation
internal import Store
internal import T5Model
internal import Transport
internal import Wire

/// Ranks every tested user's target by a version, and by what it is compared with.
struct RankingPass: Sendable {
    let store: any Store
    let split: Split
    let opened: OpenedVersion
    let tested: TestedUsers
    let plan: EvaluationPlan
    let withBaselines: Bool

    private static let usersAtATime = 128
    /// Items up to which whole rankings are cheap beside the scores that they are made of.
    private static let mostFullItems = 50_000

    /// Whether a ranking goes to its end, so that each target has a rank: among sampled negatives, and where one step of the decoder scores
    /// all items. Where items are several tokens, a search of that width would be.
    private var isFull: Bool {
        let loaded = opened.loaded
        let isOneStep = loaded.description.indexing == ItemIndexKind.atomic.rawValue
        return plan.sampledNegatives > 0 || (isOneStep && loaded.catalogue.count <= Self.mostFullItems)
    }

    /// Told of each batch, by the number of its users.
    typealias Advance = @Sendable (_ users: Int) async throws -> Void

    /// - Returns: the model's first, then the baselines'.
    /// - Throws: `JobFailure`; what the store and the model throw; `CancellationError` between two batches.
    func run(_ advance: Advance) async throws -> [EvaluationReport.Ranking] {
        let loaded = opened.loaded, isFull = isFull, lastCutoff = plan.lastCutoff
        let model = try await onBlockingThread(named: "rdrec-evaluate") {
            try ModelRankings(loaded, lastCutoff: lastCutoff, isFull: isFull)
        }
        let baselines =
            withBaselines
            ? try await onBlockingThread(named: "rdrec-evaluate") { [self] in self.baselines } : []
        let rankings = baselines.map { BaselineRankings(scoring: $0.scoring, lastCutoff: lastCutoff, isFull: isFull) }
        let empty = RankingTally(cutoffs: plan.cutoffs, isFull: isFull, items: loaded.catalogue.count)
        var tallies = [RankingTally](repeating: empty, count: 1 + baselines.count)
        for begin in stride(from: 0, to: tested.users.count, by: Self.usersAtATime) {
            try Task.checkCancellation()
            let choices = try await choices(tested.users[begin..<min(begin + Self.usersAtATime, tested.users.count)])
            let ranked = try await onBlockingThread(named: "rdrec-evaluate") { () -> [[RankedUser]] in
                TrainingThread.giveWay()
                return [try model.rank(choices)] + rankings.map { ranking in choices.map { ranking.rank($0) } }
            }
            for (index, users) in ranked.enumerated() {
                for (choice, user) in zip(choices, users) {
                    tallies[index].add(
                        RankingOutcome(rank: user.rank), trainingCount: choice.user.target.map { tested.trainingCounts[$0] } ?? 0,
                        ranked: user.top)
                }
            }
            try await advance(choices.count)
        }
        let title = "Model \(loaded.description.version)"
        return zip([("model", title)] + baselines.map { ($0.name, $0.title) }, tallies).map {
            EvaluationReport.Ranking(name: $0.0, title: $0.1, result: $1.result)
        }
    }

    private func choices(_ users: ArraySlice<TestedUser>) async throws -> [UserChoice] {
        let sampler = NegativeSampler(count: plan.sampledNegatives, catalogueCount: opened.loaded.catalogue.count)
        let view = store.training(split)
        var choices: [UserChoice] = []
        for user in users {
            var choice = UserChoice(user: user, context: try await opened.loaded.context(of: user, view))
            if plan.sampledNegatives > 0 {
                guard let negatives = sampler.draw(for: user) else {
                    throw JobFailure(
                        "\(plan.sampledNegatives) negatives cannot be drawn: of \(sampler.catalogueCount) items a user has "
                            + "\(user.own.count); ask for fewer, or for the whole catalogue")
                }
                choice.candidates = (user.target.map { [$0] } ?? []) + negatives
            }
            choices.append(choice)
        }
        return choices
    }

    /// Made of the split's training part, whatever the version was trained on.
    private var baselines: [(name: String, title: String, scoring: any ItemScoring)] {
        let count = opened.loaded.catalogue.count, indexing = opened.loaded.description.indexing
        return [
            ("popularity", "Popularity", Popularity(counts: tested.trainingCounts)),
            ("item-neighbours", "Item neighbours", ItemNeighbours(sequences: tested.trainingSequences, itemCount: count)),
            ("id-order", "Id-order rule on \(indexing)", IDOrderRule(numbers: opened.itemNumbers ?? Array(0..<count))),
        ]
    }
}
