import ChildProcesses
import DaemonStage
import Foundation
import Locks
import RPC
import Store
import Student
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(3)))
struct TrainingJobTests {
    @Test func `A training tells how it goes, and makes a version that says what it is`() async throws {
        try await TrainingShop().inStage { stage in
            let job = try await stage.end(of: TrainingStage.request(epochs: 3) { $0.seed = 5 })
            #expect(job.phase == .succeeded && job.done == job.total && job.done > 0, "\(job)")
            #expect(job.modelVersion == "0001" && job.message == "published 0001")
            #expect(job.split == 1)
            for name in ["validation/hr@10", "validation/ndcg@10", "loss/sequential", "loss/training", "gradient_norm"] {
                #expect(job.metrics.filter { $0.name == name }.map(\.step) == [1, 2, 3], "\(name)")
            }
            let made = try await stage.models.describe("0001")
            #expect(made.jobID == "training-1" && made.preset == "tiny" && made.seed == 5 && made.splitVersion == 1)
            #expect(made.formulation == "sequence" && made.indexing == "atomic" && !made.leaksTestOrder && made.digest.count == 64)
            let best = job.metrics.filter { $0.step == UInt64(made.bestEpoch) }
            for (name, value) in made.metrics { #expect(best.first { $0.name == name }?.value == value, "\(name)") }
            #expect(stage.trainings.isEmpty && stage.published.withLock { $0.map(\.version) } == ["0001"])
            let catalogue = try await stage.models.catalogue("0001")
            #expect(catalogue.count == 24 && catalogue.trainingCounts.reduce(0, +) == 24 * 4)
        }
    }

    @Test func `The same request gives the same weights, another seed others`() async throws {
        let shop = TrainingShop()
        let first = try await shop.version(TrainingStage.request()), again = try await shop.version(TrainingStage.request())
        #expect(first.digest == again.digest && first.metrics == again.metrics)
        #expect(try await shop.version(TrainingStage.request { $0.seed = 2 }).digest != first.digest)
    }

    @Test func `Without an interaction there is nothing to train on, and the job says so`() async throws {
        let shop = TrainingShop()
        for records in [[], shop.items.map { IngestRecord.Record.item($0) }] {
            try await shop.inStage(records) { stage in
                let job = try await stage.end(of: TrainingStage.request())
                #expect(job.phase == .failed && job.message.contains("nothing to train on") && job.message.contains("rdrec import"))
                #expect(try await stage.versions.isEmpty)
            }
        }
    }

    @Test func `A request that cannot be becomes no job`() async throws {
        try await TrainingShop().inStage { stage in
            try await stage.running { runner in
                let error = await #expect(throws: RPCError.self) {
                    _ = try await runner.start(.training, request: StartTrainingRequest(preset: "huge").encoded())
                }
                #expect(error?.code == .invalidArgument)
            }
            #expect(try await stage.store.jobs(limit: 10).isEmpty)
        }
    }

    @Test func `Who cancels a training leaves nothing of it`() async throws {
        let long = TrainingStage.request(epochs: 10_000) { $0.patience = 10_000 }
        try await TrainingShop().inStage { stage in
            try await stage.running { runner in
                for _ in 0..<5 {
                    let job = try await runner.start(.training, request: long.encoded())
                    try await eventually("an epoch is done") { try await runner.job(job.number).metrics.count > 3 }
                    #expect(!stage.trainings.isEmpty)
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...60)))
                    #expect(try await runner.cancel(job.number).phase == .cancelled)
                    #expect(stage.trainings.isEmpty, "\(stage.trainings)")
                }
            }
            #expect(try await stage.versions.isEmpty)
        }
    }

    @Test func `One that is cancelled while its corpus is read again leaves nothing either`() async throws {
        try await TrainingShop().inStore { store, folder, _ in
            let stage = TrainingStage(store, folder)
            let number = try await stage.running { runner in
                let job = try await runner.start(.training, request: TrainingStage.request(epochs: 500) { $0.patience = 500 }.encoded())
                try await eventually("an epoch is done") { try await runner.job(job.number).metrics.count > 3 }
                return job.number
            }
            #expect(stage.trainings == ["training-1"])
            let isReached = SharedFlag()
            var hooked = HookedStore(store: store)
            hooked.beforeUpdate = { (change) async throws(StoreError) in
                guard change.split != nil else { return }
                isReached.set()
                while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
            }
            let next = TrainingStage(hooked, folder)
            try await next.running { runner in
                try await eventually("it goes on") { isReached.isSet }
                #expect(try await runner.cancel(number).phase == .cancelled)
            }
            #expect(next.trainings.isEmpty)
        }
    }

    @Test func `One that is stopped by the daemon's end goes on, and what is left of others goes`() async throws {
        let request = TrainingStage.request(epochs: 12) { $0.patience = 12 }
        let whole = try await TrainingShop().version(request)
        try await TrainingShop().inStage { stage in
            var number = try await stage.running { runner in
                let job = try await runner.start(.training, request: request.encoded())
                try await eventually("an epoch is done") { try await runner.job(job.number).metrics.count > 3 }
                return job.number
            }
            #expect(try await stage.store.job(number).phase == .running && stage.trainings == ["training-1"])
            for name in ["training-7", "evaluation-3.random-0.5.with.seed-7"] {
                try FileManager.default.createDirectory(
                    atPath: "\(stage.folder)/training/\(name)/setup", withIntermediateDirectories: true)
            }
            await stage.work.removeLeftovers(except: Set(try await stage.store.unfinishedJobs().map(\.publicID)))
            #expect(stage.trainings == ["training-1"])
            let job = try await stage.running { try await $0.end(of: number) }
            #expect(job.phase == .succeeded, "\(job.message)")
            #expect(try await stage.models.describe("0001").digest == whole.digest)
            #expect(stage.trainings.isEmpty)
            number = job.number
        }
    }

    @Test func `One that is stopped between its version and its end makes no second`() async throws {
        try await TrainingShop().inStore { store, folder, _ in
            let isReached = SharedFlag()
            var hooked = HookedStore(store: store)
            hooked.beforeUpdate = { (change) async throws(StoreError) in
                guard change.modelVersion != nil else { return }
                isReached.set()
                while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
                throw StoreError(.cancelled, "the process is gone")
            }
            let killed = TrainingStage(hooked, folder)
            let number = try await killed.running { runner in
                let job = try await runner.start(.training, request: TrainingStage.request().encoded())
                try await eventually("the version is there") { isReached.isSet }
                return job.number
            }
            let made = try await killed.models.list()
            #expect(made.map(\.version) == ["0001"] && killed.published.withLock { $0.isEmpty })
            #expect(try await store.job(number).phase == .running)
            let next = TrainingStage(store, folder)
            let job = try await next.running { try await $0.end(of: number) }
            #expect(job.phase == .succeeded && job.modelVersion == "0001")
            #expect(try await next.models.list() == made && next.trainings.isEmpty)
            #expect(next.published.withLock { $0.map(\.version) } == ["0001"], "it may be activated yet")
        }
    }

    @Test func `A training without rationales is as if there were none`() async throws {
        let shop = TrainingShop()
        let bare = shop.items.map { IngestRecord.Record.item($0) } + shop.reviews.map { .review($0) }
        let without = TrainingStage.request { $0.withoutRationales = true }
        let ignored = try await shop.version(without), absent = try await shop.version(TrainingStage.request(), bare)
        #expect(ignored.digest == absent.digest && ignored.withoutRationales && !absent.withoutRationales)
        #expect(try await shop.version(TrainingStage.request()).digest != ignored.digest)
    }

    @Test func `Disturbed trainings say so, and are judged by the same validation`() async throws {
        let shop = TrainingShop()
        let plain = try await shop.version(TrainingStage.request())
        let random = try await shop.version(TrainingStage.request { $0.disturbance = Disturbance(randomInteractions: 0.5) })
        let swapped = try await shop.version(TrainingStage.request { $0.disturbance = Disturbance(swappedRationales: 0.5) })
        #expect(Set([plain, random, swapped].map(\.digest)).count == 3)
        #expect(random.randomInteractions == 0.5 && swapped.swappedRationales == 0.5)
        #expect(plain.randomInteractions == 0 && plain.swappedRationales == 0)
    }

    @Test func `What a job says at its end is of the version that it made`() async throws {
        try await TrainingShop().inStage { stage in
            let job = try await stage.end(of: TrainingStage.request(epochs: 6)), made = try await stage.models.describe(job.modelVersion)
            let last = job.metrics.last { $0.name == "validation/ndcg@10" }
            let best = try #require(made.metrics["validation/ndcg@10"])
            #expect(last == Metric(name: "validation/ndcg@10", value: best, step: UInt64(made.bestEpoch)))
        }
    }

    @Test func `Who cancels when the version is there comes too late, and the job says what it made`() async throws {
        try await TrainingShop().inStore { store, folder, _ in
            let isReached = SharedFlag()
            var hooked = HookedStore(store: store)
            hooked.beforeUpdate = { (change) async throws(StoreError) in
                guard change.modelVersion != nil, !isReached.isSet else { return }
                isReached.set()
                while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
                throw StoreError(.cancelled, "cancelled")
            }
            let stage = TrainingStage(hooked, folder)
            try await stage.running { runner in
                let job = try await runner.start(.training, request: TrainingStage.request().encoded())
                try await eventually("the version is there") { isReached.isSet }
                let ended = try await runner.cancel(job.number)
                #expect(ended.phase == .succeeded && ended.modelVersion == "0001" && ended.message.contains("before it was cancelled"))
            }
            #expect(stage.trainings.isEmpty && stage.published.withLock { $0.isEmpty })
            #expect(try await stage.versions == ["0001"])
        }
    }
}
