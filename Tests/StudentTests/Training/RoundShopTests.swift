import ChildProcesses
import Foundation
import Kernels
import RPC
import Store
import Student
import T5Model
import Testing
import Transport
import Wire

/// Trainings as jobs, on a small shop.
@Suite(.timeLimit(.minutes(5)))
struct RoundShopTests {
    private func digest(order: [Int] = Array(0..<RoundShop.users), _ request: StartTrainingRequest = .brief()) async throws -> String {
        try await withStore { store, folder in
            try await RoundShop.fill(store, order: order)
            return try await withTrainingJobs(store, folder) { runner, models in
                let job = try await runner.end(of: runner.train(request).number)
                #expect(job.phase == .succeeded, "\(job.message)")
                return try await models.describe(job.modelVersion).digest
            }
        }
    }

    @Test func `A training makes a version that ranks and writes, and says where it comes from`() async throws {
        try await withStore { store, folder in
            try await RoundShop.fill(store)
            try await withTrainingJobs(store, folder) { runner, models in
                let job = try await runner.end(of: runner.train(.brief(seed: 7)).number)
                #expect(job.phase == .succeeded && job.modelVersion == "0001" && job.message == "made 0001")
                let about = try await models.describe("0001")
                #expect(about.jobID == job.publicID && about.seed == 7 && about.preset == "tiny" && !about.leaksTestOrder)
                #expect(
                    about.splitVersion == job.split && about.metrics["validation/hr@10"] != nil && about.metrics["loss/sequential"] != nil)
                #expect(
                    Set(job.metrics.map(\.name)).isSuperset(of: ["loss/training", "gradient_norm", "validation/ndcg@10"])
                )
                #expect(!FileManager.default.fileExists(atPath: "\(folder)/training/\(job.publicID)"))
                let kernels = try Kernels(team: ThreadTeam(threads: 1))
                let model = try StudentModel(folder: "\(folder)/models/0001", ranking: kernels, writing: kernels)
                #expect(model.catalogue.count == RoundShop.items && model.catalogue.trainingCounts.reduce(0, +) > 0)
                let ranked = try model.makeRanker().best([
                    RankingRequest(history: [0, 1], exclusions: [0, 1], count: 5),
                    RankingRequest(history: [2], candidates: [4, 3], count: 9),
                ])
                #expect(ranked[0].count == 5 && !ranked[0].contains { $0.item < 2 } && Set(ranked[1].map(\.item)) == [3, 4])
                let texts = try model.makeWriter().write([ExplanationRequest(history: [1], item: 2)]) { false }
                #expect(texts?.count == 1)
                #expect(try model.makeWriter().write([ExplanationRequest(item: 2)]) { true } == nil)
            }
        }
    }

    @Test func `One that is stopped anywhere and goes on makes the version that it would have made`() async throws {
        let expected = try await digest()
        var stops = 0
        try await withStore { store, folder in
            try await RoundShop.fill(store)
            var number: JobNumber?
            for round in 0..<60 {
                let done = try await withTrainingJobs(store, folder) { runner, models -> Bool in
                    let job = if let number { try await runner.job(number) } else { try await runner.train(.brief()) }
                    number = job.number
                    // The runner ends with this: the training stops where it is.
                    let end = ContinuousClock.now + .milliseconds(20 + 37 * (round % 9) + 20 * round)
                    while ContinuousClock.now < end, try await !store.job(job.number).phase.isFinished {
                        try await Task.sleep(for: .milliseconds(5))
                    }
                    let now = try await store.job(job.number)
                    guard now.phase.isFinished else { return false }
                    #expect(now.phase == .succeeded, "\(now.message)")
                    #expect(try await models.describe(now.modelVersion).digest == expected)
                    #expect(try await models.list().count == 1)
                    return true
                }
                if done { break }
                stops += 1
            }
        }
        #expect((1..<60).contains(stops))
    }

    @Test func `How the store numbers items and users changes nothing`() async throws {
        let expected = try await digest()
        #expect(try await digest(order: (0..<RoundShop.users).reversed()) == expected)
        #expect(try await digest(.brief(seed: 2)) != expected)
    }

    @Test func `Nothing that is held back is learnt from, searched and not trusted`() async throws {
        try await withStore { store, folder in
            try await RoundShop.fill(store)
            let split = try await store.makeSplit(SplitPolicy()), recipe = StudentPreset.tiny.recipe
            let corpus = try await TrialCorpus.read(store, split, recipe)
            let texts = Array(corpus.reviews.values) + corpus.rationales.values.flatMap { [$0.preference, $0.attributes] }
            #expect(!texts.isEmpty && !texts.contains { $0.contains("heldback") || $0.contains("zzsecret") })
            let trained = (0..<RoundShop.users).reduce(0) { $0 + RoundShop.sequence($1).count - 2 }
            #expect(corpus.interactionCount == trained && corpus.catalogue.trainingCounts.reduce(0, +) == trained)
            for user in corpus.users {
                let number = try #require(Int(user.id.dropFirst())), all = RoundShop.sequence(number)
                #expect(user.steps.map { corpus.catalogue.ids[$0.item] } == all.dropLast(2).map { "i\($0)" })
                #expect(user.validation.map { corpus.catalogue.ids[$0] } == "i\(all[all.count - 2])")
            }
            try await withTrainingJobs(store, folder) { runner, models in
                let job = try await runner.end(of: runner.train(.brief(epochs: 1)).number)
                // Every file of the version, as bytes.
                let version = "\(folder)/models/\(job.modelVersion)"
                let names = try FileManager.default.contentsOfDirectory(atPath: version)
                #expect(Set(names).isSuperset(of: ["content-words.json", "spiece.model", "catalogue.json", "items.json", "recipe.json"]))
                for name in names {
                    let data = try Data(contentsOf: URL(fileURLWithPath: "\(version)/\(name)"))
                    for secret in ["zzsecret", "heldback", "secret"] {
                        #expect(data.range(of: Data(secret.utf8)) == nil, "\(secret) in \(name)")
                    }
                }
            }
        }
    }

    @Test(
        "A request that cannot be is refused by its field",
        arguments: [
            ("preset", StartTrainingRequest(preset: "huge")), ("indexing", StartTrainingRequest(indexing: "alphabet")),
            ("digits", StartTrainingRequest(preset: "small", indexing: "digits-random")), ("mixture", StartTrainingRequest(mixture: "1:1")),
            ("mixture", StartTrainingRequest(preset: "small", mixture: "1:1:1:1")),
            ("tokens_per_step", StartTrainingRequest(tokensPerStep: 3)),
            ("random_interactions", StartTrainingRequest(disturbance: Disturbance(randomInteractions: 1.5))),
            ("without_rationales", StartTrainingRequest(withoutRationales: true, followDistillation: true)),
        ])
    func refused(_ field: String, _ request: StartTrainingRequest) async throws {
        try await withStore { store, folder in
            try await withTrainingJobs(store, folder) { runner, _ in
                do {
                    _ = try await runner.train(request)
                    Issue.record("\(request) was taken")
                } catch let error as RPCError {
                    #expect(error.code == .invalidArgument && error.message.contains(field), "\(error)")
                }
            }
        }
    }

    @Test func `A shop without interactions is told so, and a checkpoint that is none`() async throws {
        try await withStore { store, folder in
            try await withTrainingJobs(store, folder) { runner, _ in
                let job = try await runner.end(of: runner.train(.brief()).number)
                #expect(job.phase == .failed && job.message.contains("import interactions first"))
            }
            try await RoundShop.fill(store)
            try await withTrainingJobs(store, folder) { runner, _ in
                var request = StartTrainingRequest.brief()
                request.initialCheckpoint = folder + "/nothing"
                let job = try await runner.end(of: runner.train(request).number)
                #expect(job.phase == .failed && job.message.contains("initial checkpoint"))
            }
        }
    }

    @Test func `A training that is cancelled leaves nothing, and one goes on from a version`() async throws {
        try await withStore { store, folder in
            try await RoundShop.fill(store)
            try await withTrainingJobs(store, folder) { runner, models in
                let first = try await runner.train(.brief(epochs: 10_000))
                try await eventually("it trains") { try await !store.job(first.number).metrics.isEmpty }
                #expect(try await runner.cancel(first.number).phase == .cancelled)
                #expect(!FileManager.default.fileExists(atPath: "\(folder)/training/\(first.publicID)"))
                let made = try await runner.end(of: runner.train(.brief()).number)
                var request = StartTrainingRequest.brief()
                request.initialCheckpoint = made.modelVersion
                let next = try await runner.end(of: runner.train(request).number)
                #expect(next.phase == .succeeded && next.modelVersion == "0002", "\(next.message)")
                let (before, after) = (try await models.describe("0001"), try await models.describe("0002"))
                #expect(before.digest != after.digest && before.parameterCount == after.parameterCount)
            }
        }
    }

    @Test("RDRec's own form, by each indexing", arguments: ["digits-random", "collaborative", "digits-in-order", "atomic"])
    func paper(_ indexing: String) async throws {
        try await withStore { store, folder in
            try await RoundShop.fill(store)
            var recipe = StudentPreset.paper.recipe
            (recipe.width, recipe.heads, recipe.headWidth, recipe.feedForward, recipe.encoderLayers, recipe.decoderLayers) = (
                16, 2, 8, 32, 1, 1
            )
            recipe.epochs = 1
            recipe.tokensPerStep = 2_000
            recipe.indexing = try #require(.init(rawValue: indexing))
            let split = try await store.makeSplit(SplitPolicy()), corpus = try await TrialCorpus.read(store, split, recipe)
            let appearance = indexing == "digits-in-order" ? Array(0..<RoundShop.items) : nil
            let best = try Trial.run(
                corpus, recipe, folder: folder + "/trial", appearance: appearance, kernels: Kernels(team: ThreadTeam(threads: 1)))
            #expect(best["validation/hr@10"].map { (0...1).contains($0) } == true && best["loss/training"]?.isFinite == true)
            #expect(recipe.leaksTestOrder == (indexing == "digits-in-order"))
        }
    }

    @Test func `A recipe of before is read, and is what it was`() throws {
        let recipe = StudentPreset.tiny.recipe
        var fields = try #require(try JSONSerialization.jsonObject(with: JSONEncoder().encode(recipe)) as? [String: Any])
        #expect(try JSONDecoder().decode(TrainingRecipe.self, from: JSONSerialization.data(withJSONObject: fields)) == recipe)
        for name in ["averageDecay", "startsWithPreferences", "outputScale"] { fields[name] = nil }
        let old = try JSONDecoder().decode(TrainingRecipe.self, from: JSONSerialization.data(withJSONObject: fields))
        #expect(old.averageDecay == 0 && !old.startsWithPreferences && old.outputScale == 1 && old.width == recipe.width)
    }

    @Test func `A training does not begin with a version that may know what its split holds back`() async throws {
        try await withStore { store, folder in
            try await RoundShop.fill(store)
            try await withTrainingJobs(store, folder) { runner, _ in
                let made = try await runner.end(of: runner.train(.brief(epochs: 1)).number)
                _ = try await store.makeSplit(SplitPolicy(kind: .globalTime))
                var request = StartTrainingRequest.brief(epochs: 1)
                request.initialCheckpoint = made.modelVersion
                let job = try await runner.end(of: runner.train(request).number)
                #expect(job.phase == .failed && job.message.contains("of another policy"), "\(job.message)")
            }
        }
    }

    @Test func `What a job says at its end is of the version that it made`() async throws {
        try await withStore { store, folder in
            try await RoundShop.fill(store)
            try await withTrainingJobs(store, folder) { runner, models in
                let job = try await runner.end(of: runner.train(.brief(epochs: 6)).number),
                    about = try await models.describe(job.modelVersion)
                let last = job.metrics.last { $0.name == "validation/ndcg@10" }
                #expect(last?.value == about.metrics["validation/ndcg@10"] && last?.step == UInt64(about.bestEpoch))
            }
        }
    }
}
