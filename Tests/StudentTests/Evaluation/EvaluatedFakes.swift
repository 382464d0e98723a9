import Glibc
import Locks
import Store
import Student
import T5Model

/// A version without a model: ranks by a formula, writes by another, and notes what it is asked.
struct FormulaVersion: LoadedVersion {
    struct Asked: Sendable {
        var rankings: [RankingRequest] = []
        var explanations: [ExplanationRequest] = []
    }

    var description: ModelDescription
    let catalogue: ModelCatalogue
    var mostHistory = 50
    var readsPreferences = true
    let instructionSet = "none"
    let asked = Locked(Asked())
    /// Blocks the thread that ranks while it is false.
    let isOpen = Locked(true)
    var score: @Sendable (_ history: [Int], _ item: Int) -> Double
    var text: @Sendable (ExplanationRequest) -> String = { _ in "" }

    /// - Parameter items: of the catalogue, in its order.
    init(
        _ items: [String], split: UInt64, version: String = "0001", indexing: String = "atomic",
        score: @escaping @Sendable (_ history: [Int], _ item: Int) -> Double = FormulaVersion.next(10)
    ) {
        catalogue = ModelCatalogue(
            ids: items, titles: items, categories: items.map { _ in [] }, trainingCounts: items.map { _ in 0 })
        description = ModelDescription.evaluated(version: version, split: split)
        description.indexing = indexing
        self.score = score
    }

    /// After the last item of the history the next one, then the one behind it, and so on around.
    static func next(_ count: Int) -> @Sendable ([Int], Int) -> Double {
        { history, item in -Double((item - (history.last ?? 0) - 1 + 2 * count) % count) }
    }

    func makeRanker() -> any ItemRanking { Ranker(version: self) }
    func makeWriter() -> any ExplanationWriting { Writer(version: self) }

    private final class Ranker: ItemRanking {
        let version: FormulaVersion
        init(version: FormulaVersion) { self.version = version }

        func best(_ requests: [RankingRequest]) throws -> [[ScoredItem]] {
            version.asked.withLock { $0.rankings += requests }
            while !version.isOpen.withLock({ $0 }) { usleep(1_000) }
            return requests.map { request in
                let allowed = Set(request.candidates ?? Array(0..<version.catalogue.count)).subtracting(request.exclusions)
                let scored = allowed.sorted().map { ScoredItem(item: $0, score: version.score(request.history, $0)) }
                return Array(scored.sorted { ($1.score, $0.item) < ($0.score, $1.item) }.prefix(request.count))
            }
        }
    }

    private final class Writer: ExplanationWriting {
        let version: FormulaVersion
        init(version: FormulaVersion) { self.version = version }

        func write(_ requests: [ExplanationRequest], shouldStop: () -> Bool) -> [WrittenExplanation]? {
            version.asked.withLock { $0.explanations += requests }
            return shouldStop() ? nil : requests.map { WrittenExplanation(explanation: version.text($0)) }
        }
    }
}

extension ModelDescription {
    static func evaluated(version: String, split: UInt64) -> ModelDescription {
        ModelDescription(
            version: version, jobID: "training-1", createdAtMs: 1, preset: "tiny", formulation: "sequence", indexing: "atomic",
            leaksTestOrder: false, splitVersion: split, withoutRationales: false, seed: 7, randomInteractions: 0, swappedRationales: 0,
            digest: "abcdef", parameterCount: 10, metrics: [:], bestEpoch: 1)
    }
}
