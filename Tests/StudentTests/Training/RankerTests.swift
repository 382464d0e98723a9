import ChildProcesses
import Foundation
import Kernels
import Store
import Student
import T5Model
import Testing
import Tokenizers
import Wire

/// A trained version's rankings, held against the model's own numbers.
@Suite(.timeLimit(.minutes(3)))
struct StudentRankerTests {
    private static let shop = TrainingShop()

    /// log-probabilities of the allowed items after a history, by a whole forward pass.
    private static func direct(
        _ model: T5Model, history: [Int], preferences: [Int32] = [], allowed: Set<Int>
    ) throws -> [(item: Int, score: Double)] {
        let c = model.configuration
        var batch = T5Batch(c, saysItems: true)
        let read = [c.startToken] + history.map { c.items.lowerBound + Int32($0) }
        try batch.append(
            tokens: preferences, task: RecommendationTask.sequential.rawValue,
            labels: [Int32](repeating: -100, count: history.count) + [c.items.lowerBound], decoderTokens: read)
        var logits = [Float](repeating: 0, count: c.itemCount)
        model.forward(batch) { output in
            logits.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                output.logits(history.count..<history.count + 1, into: MutableRows(base, count: 1, columns: c.itemCount))
            }
        }
        let kept = allowed.map { Double(logits[$0]) }, most = kept.max() ?? 0
        let normal = most + log(kept.reduce(0) { $0 + exp($1 - most) })
        return allowed.map { ($0, Double(logits[$0]) - normal) }.sorted { $0.score > $1.score }
    }

    private func check(_ found: [ScoredItem], _ wanted: [(item: Int, score: Double)], _ request: RankingRequest) {
        #expect(found.count == min(request.count, wanted.count), "\(request)")
        // Items of scores that differ by rounding alone may change places.
        let scores = Dictionary(wanted.map { ($0.item, $0.score) }) { first, _ in first }
        for (one, other) in zip(found, wanted) {
            let own = scores[one.item] ?? .infinity
            #expect(abs(one.score - other.score) < 1e-4 && abs(own - one.score) < 1e-4, "\(request): \(one), \(other)")
        }
    }

    /// Operations of whole precision: with less the two ways of computing differ in the third digit.
    private static func exactKernels() throws -> Kernels {
        let set = try found(InstructionSet.supported.first { !$0.hasBFloat16 }, "a set without bfloat16")
        return try Kernels(instructionSet: set, team: ThreadTeam(threads: 1))
    }

    @Test func `It is the ranking of the model's logits, whatever is left out and however many are asked at a time`() async throws {
        try await Self.shop.inStage { stage in
            let made = try await stage.version(TrainingStage.request(epochs: 6)), kernels = try Self.exactKernels()
            let path = "\(stage.folder)/models/\(made.version)"
            let ranker = try StudentModel(folder: path, ranking: kernels, writing: kernels).makeRanker()
            let parameters = try loadedParameters(path)
            let model = T5Model(parameters, kernels: kernels, content: ItemContent.none(parameters.configuration))
            var random = StreamRandom(seed: 5), requests: [RankingRequest] = []
            for _ in 0..<40 {
                let history = (0..<random.below(12)).map { _ in random.below(24) }
                var request = RankingRequest(history: history, count: [1, 5, 10, .max][random.below(4)])
                if random.below(2) == 0 { request.exclusions = history }
                if random.below(3) == 0 { request.candidates = (0..<24).filter { $0 % 3 == 0 || $0 == 1 } }
                requests.append(request)
            }
            let together = try ranker.best(requests)
            for (request, found) in zip(requests, together) {
                let allowed = Set(request.candidates ?? Array(0..<24)).subtracting(request.exclusions)
                let wanted = try Self.direct(model, history: request.history, allowed: allowed)
                check(found, wanted, request)
                #expect(try ranker.best([request]) == [found], "alone as in a batch")
            }
        }
    }

    @Test func `Of a history that is too long the latest items count`() async throws {
        try await Self.shop.inStage { stage in
            let loaded = try stage.load(try await stage.version(TrainingStage.request(epochs: 1)).version)
            let ranker = try loaded.makeRanker(), most = loaded.mostHistory
            let long = (0..<most + 30).map { ($0 * 7 + $0 / 5) % 24 }
            let results = try ranker.best([
                RankingRequest(history: long, count: 10), RankingRequest(history: Array(long.suffix(most)), count: 10),
                RankingRequest(history: Array(long.suffix(most - 1)), count: 10),
            ])
            #expect(results[0] == results[1] && results[0] != results[2])
        }
    }

    @Test func `A version ranks as the training did in its best epoch`() async throws {
        try await Self.shop.inStage { stage in
            let made = try await stage.version(TrainingStage.request(epochs: 8) { $0.patience = 8 }), loaded = try stage.load(made.version)
            let split = try await stage.store.split(made.splitVersion), ranker = try loaded.makeRanker()
            let corpus = try await TrialCorpus.read(stage.store, split, .changed())
            #expect(corpus.catalogue == loaded.catalogue)
            var hits = 0.0, gain = 0.0, reciprocal = 0.0
            for user in corpus.users {
                let target = try #require(user.validation), history = user.steps.map(\.item)
                let found = try ranker.best([
                    RankingRequest(history: history, exclusions: Set(history).subtracting([target]).sorted(), count: 10)
                ])[0]
                guard let rank = found.firstIndex(where: { $0.item == target }) else { continue }
                hits += 1
                gain += 1 / log2(Double(rank + 2))
                reciprocal += 1 / Double(rank + 1)
            }
            let count = Double(corpus.users.count)
            for (name, value) in [("hr@10", hits), ("ndcg@10", gain), ("mrr@10", reciprocal)] {
                #expect(abs((made.metrics["validation/" + name] ?? -1) - value / count) < 1e-9, "\(name)")
            }
            #expect(gain / count > 0.3, "it has learnt something: \(made.metrics)")
        }
    }
}
