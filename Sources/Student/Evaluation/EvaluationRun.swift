internal import Evaluation
internal import Store
internal import Wire

/// One version evaluated by one plan.
struct EvaluationRun: Sendable {
    let store: any Store
    let split: Split
    let opened: OpenedVersion
    let plan: EvaluationPlan
    let tested: TestedUsers

    /// Reads who is tested by what.
    init(_ store: any Store, _ split: Split, _ opened: OpenedVersion, _ plan: EvaluationPlan) async throws {
        self.store = store
        self.split = split
        self.opened = opened
        self.plan = plan
        tested = try await TestedUsers(store, split, plan.part, opened.loaded.catalogue)
    }

    var isEmpty: Bool { tested.users.isEmpty }

    /// What there is to do, in users: those to rank, and those to write to.
    var total: Int { tested.users.count + min(plan.explainedUsers, tested.users.count) }

    func rankings(withBaselines: Bool, _ advance: RankingPass.Advance) async throws -> [EvaluationReport.Ranking] {
        try await RankingPass(store: store, split: split, opened: opened, tested: tested, plan: plan, withBaselines: withBaselines)
            .run(advance)
    }

    /// - Returns: nil where none were asked for, or nobody has written of the target.
    func explanations(_ advance: RankingPass.Advance) async throws -> TextResult? {
        guard plan.explainedUsers > 0 else { return nil }
        return try await ExplanationPass(store: store, split: split, opened: opened, tested: tested, userCount: plan.explainedUsers)
            .run(advance)
    }

    /// How it is done.
    var conditions: EvaluationProtocol {
        EvaluationProtocol(
            splitKind: EvaluationProtocol.SplitKind(split), splitVersion: split.version, part: plan.part,
            sampledNegatives: plan.sampledNegatives, negativesSeed: plan.sampledNegatives > 0 ? NegativeSampler.seed : nil,
            cutoffs: plan.cutoffs, catalogueItems: opened.loaded.catalogue.count, usersTested: tested.users.count,
            targetsOutsideCatalogue: tested.users.count { $0.target == nil },
            repeatedTargets: tested.users.count { $0.hasTargetInHistory }, usersNotTested: tested.notTested)
    }
}

extension EvaluationReport.Model {
    init(_ model: ModelDescription) {
        self.init(
            version: model.version, digest: model.digest, preset: model.preset, formulation: model.formulation, indexing: model.indexing,
            leaksTestOrder: model.leaksTestOrder, withoutRationales: model.withoutRationales, seed: model.seed,
            parameterCount: model.parameterCount, randomInteractions: model.randomInteractions,
            swappedRationales: model.swappedRationales)
    }
}

extension EvaluationReport {
    /// As a job tells them: "test/hr@10" of the model, "baseline/popularity/hr@10", "test/explanation/bleu4". Figures among sampled negatives are
    /// others, and have other names: "test/99-negatives/hr@10".
    var metrics: [Metric] {
        var metrics: [Metric] = []
        let part = `protocol`.part.rawValue
        let among = `protocol`.sampledNegatives > 0 ? "/\(`protocol`.sampledNegatives)-negatives" : ""
        for ranking in rankings {
            let prefix = (ranking.name == "model" ? part : "baseline/\(ranking.name)") + among
            let figures = ranking.result.metrics.mapValues(\.mean).merging(ranking.result.coverage) { first, _ in first }
            metrics += figures.sorted { $0.key < $1.key }.map { Metric(name: "\(prefix)/\($0.key)", value: $0.value) }
        }
        return metrics
            + (explanations?.figures ?? []).map { Metric(name: "\(part)/explanation/\($0.name)", value: $0.value) }
    }
}
