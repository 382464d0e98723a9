import ChildProcesses
import DaemonStage
import Locks
import RPC
import Store
import Student
import T5Model
import Testing
import Wire

/// Rationales that come while a training runs.
@Suite(.timeLimit(.minutes(3)))
struct FollowTests {
    private static let shop = TrainingShop(rationaleEvery: 3)
    private static var later: [IngestRecord.Record] {
        var all = shop
        all.rationaleEvery = 1
        return all.rationales.enumerated().filter { $0.offset % 3 != 0 }.map { .rationale($0.element) }
    }

    /// Trains, and has more rationales come once the first epoch has been told.
    private static func trained(follows: Bool, comes: Bool) async throws -> (version: ModelDescription, losses: [Double]) {
        try await shop.inStore { store, folder, _ in
            let isDone = SharedFlag()
            var hooked = HookedStore(store: store)
            hooked.beforeUpdate = { (change) async throws(StoreError) in
                guard comes, !isDone.isSet, change.metrics.contains(where: { $0.name == "loss/training" && $0.step == 1 }) else { return }
                isDone.set()
                _ = try await store.ingest(later)
            }
            let stage = TrainingStage(hooked, folder)
            let job = try await stage.end(of: TrainingStage.request(epochs: 6) { ($0.patience, $0.followDistillation) = (6, follows) })
            #expect(job.phase == .succeeded, "\(job.message)")
            let loaded = try stage.load(job.modelVersion)
            _ = try loaded.makeRanker().best([RankingRequest(history: [0], count: 3)])
            return (loaded.description, job.metrics.filter { $0.name == "loss/training" }.map(\.value))
        }
    }

    @Test func `They are taken in between epochs where the training follows, and not where it does not`() async throws {
        let alone = try await Self.trained(follows: true, comes: false)
        let still = try await Self.trained(follows: false, comes: true)
        let follows = try await Self.trained(follows: true, comes: true), again = try await Self.trained(follows: true, comes: true)
        #expect(still.losses == alone.losses && still.version.digest == alone.version.digest)
        #expect(follows.losses.first == alone.losses.first, "the first epoch was the same")
        #expect(follows.losses.dropFirst() != alone.losses.dropFirst())
        #expect(follows.losses == again.losses && follows.version.digest == again.version.digest)
    }

    @Test func `Items draw on what has come meanwhile`() async throws {
        // Of the first half nothing is said at the beginning but in titles.
        try await Self.shop.inStore { store, _, split in
            let reader = CorpusReader(store, split)
            var corpus = try await reader.read()
            let first = try await store.newestRationale()
            #expect(try await reader.addRationales(upTo: first, to: &corpus) == corpus.rationales.count)
            let before = ContentWords.documents(corpus), count = corpus.rationales.count
            #expect(try await reader.addRationales(upTo: first, to: &corpus) == 0)
            _ = try await store.ingest(Self.later)
            let newest = try await store.newestRationale()
            let added = try await reader.addRationales(upTo: newest, to: &corpus)
            #expect(added > 0 && corpus.rationales.count == count + added && corpus.lastRationale == newest)
            let after = ContentWords.documents(corpus)
            #expect(zip(before, after).contains { $0.count < $1.count } && ContentWords(before).count > 0)
            // The same up to the same number as read at once, however much is there by now.
            var once = try await reader.read()
            _ = try await reader.addRationales(upTo: first, to: &once)
            #expect(once.rationales.count == count)
            _ = try await reader.addRationales(upTo: newest, to: &once)
            #expect(once.rationales == corpus.rationales)
        }
    }

    @Test func `One that follows and is stopped goes on with all that has come`() async throws {
        try await Self.shop.inStore { store, folder, _ in
            let stage = TrainingStage(store, folder)
            let request = TrainingStage.request(epochs: 8) { ($0.patience, $0.followDistillation) = (8, true) }
            let number = try await stage.running { runner in
                let job = try await runner.start(.training, request: request.encoded())
                try await eventually("an epoch is done") { try await runner.job(job.number).metrics.count > 3 }
                return job.number
            }
            _ = try await store.ingest(Self.later)
            let job = try await stage.running { try await $0.end(of: number) }
            #expect(job.phase == .succeeded, "\(job.message)")
            #expect(job.metrics.filter { $0.name == "loss/training" }.map(\.step) == Array(1...8))
        }
    }
}
