internal import Evaluation
package import Store
internal import Wire

/// What a version is worth on the validation of another split than its own: for whether one that was trained since, by that split, is better.
///
/// Interactions of the split's validation came after those that the version has learnt from, or were held back from it too: a user's last ones stay
/// the last until newer ones come.
package struct Revalidation: Sendable {
    private let store: any Store
    private let versions: EvaluatedVersions

    package init(_ store: any Store, _ versions: EvaluatedVersions) {
        self.store = store
        self.versions = versions
    }

    /// - Returns: what ``ActivationPolicy/metric`` would be; nil where the split tests nobody.
    package func value(of version: String, bySplit number: UInt64) async throws -> Double? {
        var request = StartEvaluationRequest(modelVersion: version, split: "validation")
        request.cutoffs = [10]
        let run = try await EvaluationRun(store, store.split(number), versions.open(version), EvaluationPlan(request))
        guard !run.isEmpty else { return nil }
        return try await run.rankings(withBaselines: false) { _ in }.first?.result.metrics["ndcg@10"]?.mean
    }
}
