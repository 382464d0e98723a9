import DaemonStage
import Locks
import Store
import Student
import Testing
import Wire

@Suite(.timeLimit(.minutes(2)))
struct NegativesTests {
    private static func draws(
        _ users: [(id: String, items: [String])], _ count: UInt32, catalogue: Int = 10
    ) async throws -> (draws: [String: [Int]], job: JobRecord) {
        try await withTakenItems(users) { store, folder, split in
            let version = FormulaVersion((0..<catalogue).map { "i\($0)" }, split: split.version, score: FormulaVersion.next(catalogue))
            let job = try await EvaluationStage(store, folder, [version]).end(
                of: StartEvaluationRequest(cutoffs: [1, 2], sampledNegatives: count))
            let requests = version.asked.withLock { $0.rankings }
            return (Dictionary(uniqueKeysWithValues: requests.map { ($0.user?.id ?? "", $0.candidates ?? []) }), job)
        }
    }

    @Test func `Negatives are none of the user's, each once, and the same in whatever order users come`() async throws {
        let (draws, job) = try await Self.draws(KnownRanks.users, 4)
        #expect(job.phase == .succeeded && job.metric("test/4-negatives/mrr") != nil && job.metric("test/mrr") == nil)
        for user in KnownRanks.users where user.items.count > 2 {
            let candidates = try #require(draws[user.id])
            let own = user.items.compactMap { KnownRanks.items.firstIndex(of: $0) }
            // The target, if the model knows it, then what was drawn.
            let target = KnownRanks.items.firstIndex(of: user.items[user.items.count - 1])
            let negatives = Set(candidates).subtracting([target].compactMap { $0 })
            #expect(candidates.count == (target == nil ? 4 : 5) && negatives.count == 4 && negatives.isDisjoint(with: own))
        }
        let (reversed, _) = try await Self.draws(KnownRanks.users.reversed(), 4)
        #expect(reversed == draws)
    }

    @Test func `More negatives than there are items end the job with the reason`() async throws {
        let (draws, job) = try await Self.draws(KnownRanks.users, 7)
        #expect(job.phase == .failed && job.message.contains("7 negatives cannot be drawn: of 10 items a user has 4") && draws.isEmpty)
        let all = try await Self.draws(KnownRanks.users, 6)
        #expect(all.job.phase == .succeeded && all.draws["first"]?.sorted() == [3, 4, 5, 6, 7, 8, 9])
    }

    @Test func `Each item is drawn as often as the others`() async throws {
        let users = (0..<240).map { (id: "u\($0)", items: ["i0", "i5", "i9"]) }
        let (draws, _) = try await Self.draws(users, 3)
        var counts = [Int](repeating: 0, count: 10)
        for item in draws.values.joined() { counts[item] += 1 }
        #expect(counts[0] == 0 && counts[5] == 0 && counts[9] == 240)
        // 240 times 3 of 7; six deviations to either side.
        for item in [1, 2, 3, 4, 6, 7, 8] { #expect((57...149).contains(counts[item]), "\(item)") }
    }
}
