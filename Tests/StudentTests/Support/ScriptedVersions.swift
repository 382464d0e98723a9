import Foundation
import Locks
import Student
import T5Model

/// How scripted versions behave: shared by all that a test loads.
final class VersionScript: Sendable {
    struct State: Sendable {
        /// Versions that cannot be read.
        var broken: Set<String> = []
        /// Versions that fail when they are asked.
        var failing: Set<String> = []
        /// Users whose requests fail, and no others.
        var poisoned: Set<String> = []
        /// Of each batch.
        var delay = Duration.zero
        var isHeld = false
        /// Decoding steps of a batch of texts, of a millisecond each.
        var textSteps = 1

        var loads: [String] = []
        /// Batches that have come to a ranker.
        var entered = 0
        var batches: [Int] = []
        var requests: [RankingRequest] = []
        var textRequests: [ExplanationRequest] = []
        var steps = 0
    }

    let state = Locked(State())

    var loader: VersionLoader {
        { folder in
            let version = (folder as NSString).lastPathComponent
            self.state.withLock { $0.loads.append(version) }
            if self.state.withLock({ $0.broken.contains(version) }) { throw ModelFailure("scripted to be broken") }
            return try ScriptedVersion(folder, self)
        }
    }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
    func see<Value>(_ body: (State) -> Value) -> Value { state.withLock { body($0) } }
}

/// A version without a model: the place of an item is its rank, forwards in odd versions and backwards in even ones; scores name the version.
struct ScriptedVersion: LoadedVersion {
    let description: ModelDescription
    let catalogue: ModelCatalogue
    let script: VersionScript

    init(_ folder: String, _ script: VersionScript) throws {
        func read<Value: Decodable>(_ name: String) throws -> Value {
            try JSONDecoder().decode(Value.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
        }
        description = try read("about.json")
        catalogue = try read("catalogue.json")
        self.script = script
    }

    var mostHistory: Int { 50 }
    var readsPreferences: Bool { true }
    var instructionSet: String { "none" }
    var number: Int { Int(description.version) ?? 0 }

    func makeRanker() -> any ItemRanking { Ranker(version: self) }
    func makeWriter() -> any ExplanationWriting { Writer(version: self) }

    /// What it gives for an item.
    static func score(_ rank: Int, version: Int) -> Double { -Double(version * 1_000 + rank) }

    private final class Ranker: ItemRanking {
        let version: ScriptedVersion
        init(version: ScriptedVersion) { self.version = version }

        func best(_ requests: [RankingRequest]) throws -> [[ScoredItem]] {
            let script = version.script
            script.change { $0.entered += 1 }
            while script.see(\.isHeld) { Thread.sleep(forTimeInterval: 0.001) }
            let delay = script.see(\.delay)
            if delay > .zero { Thread.sleep(forTimeInterval: delay / .seconds(1)) }
            script.change {
                $0.batches.append(requests.count)
                $0.requests += requests
            }
            if script.see({ $0.failing.contains(version.description.version) }) { throw ModelFailure("scripted to fail") }
            let poisoned = script.see(\.poisoned)
            if requests.contains(where: { poisoned.contains($0.user?.id ?? "") }) { throw ModelFailure("scripted to fail on a user") }
            return requests.map { request in
                let excluded = Set(request.exclusions)
                let allowed = (request.candidates ?? Array(0..<version.catalogue.count)).filter { !excluded.contains($0) }
                let order = version.number.isMultiple(of: 2) ? allowed.sorted(by: >) : allowed.sorted()
                return order.prefix(request.count).enumerated().map {
                    ScoredItem(item: $1, score: ScriptedVersion.score($0, version: version.number))
                }
            }
        }
    }

    private final class Writer: ExplanationWriting {
        let version: ScriptedVersion
        init(version: ScriptedVersion) { self.version = version }

        func write(_ requests: [ExplanationRequest], shouldStop: () -> Bool) throws -> [WrittenExplanation]? {
            let script = version.script
            script.change { $0.textRequests += requests }
            for _ in 0..<script.see(\.textSteps) {
                if shouldStop() { return nil }
                script.change { $0.steps += 1 }
                Thread.sleep(forTimeInterval: 0.001)
            }
            if script.see({ $0.failing.contains(version.description.version) }) { throw ModelFailure("scripted to fail") }
            return requests.map { request in
                func text(_ part: ExplanationRequest.Part) -> String {
                    request.parts.contains(part) ? "\(version.description.version) \(part) of \(version.catalogue.ids[request.item])" : ""
                }
                return WrittenExplanation(explanation: text(.explanation), preference: text(.preference), attributes: text(.attributes))
            }
        }
    }
}

/// What a version of a test says it is.
func described(_ version: String, job: String = "training-1", split: UInt64 = 1, ndcg: Double? = nil) -> ModelDescription {
    ModelDescription(
        version: version, jobID: job, createdAtMs: 1, preset: "tiny", formulation: "sequence", indexing: "atomic", leaksTestOrder: false,
        splitVersion: split, withoutRationales: false, seed: 1, randomInteractions: 0, swappedRationales: 0, digest: "digest-\(version)",
        parameterCount: 7, metrics: ndcg.map { [ActivationPolicy.metric: $0] } ?? [:], bestEpoch: 1)
}

func catalogued(_ ids: [String]) -> ModelCatalogue {
    ModelCatalogue(
        ids: ids, titles: ids.map { "title \($0)" }, categories: ids.map { _ in [] }, trainingCounts: ids.map { _ in 1 })
}

extension ModelStore {
    /// A version with all that serving needs of it, as a training would leave it.
    func add(_ ids: [String], job: String = "training-1", split: UInt64 = 1, ndcg: Double? = nil) async throws -> String {
        let reserved = try await reserve(jobID: job)
        try await write(described(reserved.version, job: job, split: split, ndcg: ndcg), catalogued(ids), to: reserved)
        return try await publish(reserved).version
    }
}
