internal import Evaluation
package import Store
internal import Wire

/// What a version is worth on the validation of a later split than its own: for whether one that was trained since, by that split, is better.
///
/// Of one policy alone: what a later split of it holds back came later, or was held back before too. A split of another policy may hold back
/// what the version has learnt from.
package struct Revalidation: Sendable {
    private let store: any Store
    private let versions: EvaluatedVersions

    package init(_ store: any Store, _ versions: EvaluatedVersions) {
        self.store = store
        self.versions = versions
    }

    /// - Returns: what ``ActivationPolicy/metric`` would be; nil where the split tests nobody, or is of another policy than the version's.
    package func value(of version: String, bySplit number: UInt64) async throws -> Double? {
        let own = try await versions.describe(version).splitVersion
        guard let before = try? await store.split(own), try await store.split(number).policy == before.policy else { return nil }
        var request = StartEvaluationRequest(modelVersion: version, split: "validation")
        request.cutoffs = [10]
        let run = try await EvaluationRun(store, store.split(number), versions.open(version), EvaluationPlan(request))
        guard !run.isEmpty else { return nil }
        return try await run.rankings(withBaselines: false) { _ in }.first?.result.metrics["ndcg@10"]?.mean
    }
}
