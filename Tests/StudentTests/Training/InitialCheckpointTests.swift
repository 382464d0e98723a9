import Foundation
import Kernels
import ModelFiles
import Store
import Student
import T5Model
import Testing
import Wire

/// Trainings that begin with weights that are there.
@Suite(.timeLimit(.minutes(3)))
struct InitialCheckpointTests {
    private static let shop = TrainingShop()

    private func losses(_ job: JobRecord) -> [Double] { job.metrics.filter { $0.name == "loss/sequential" }.map(\.value) }

    @Test func `From a version it goes on where that ended, items that came meanwhile included`() async throws {
        try await Self.shop.inStage { stage in
            let first = try await stage.end(of: TrainingStage.request(epochs: 10) { $0.patience = 10 })
            #expect(first.phase == .succeeded)
            let begun = losses(first)
            let record = IngestRecord.Record.review(
                Review(userID: "user-0", itemID: "new", text: "New.", rating: 4, timestampMs: 9_000_000))
            _ = try await stage.store.ingest([record])
            let second = try await stage.end(of: TrainingStage.request(epochs: 1) { $0.initialCheckpoint = "0001" })
            #expect(second.phase == .succeeded && second.modelVersion == "0002", "\(second.message)")
            let better = try #require(losses(second).first), scratch = try #require(begun.first)
            // Half of what was learnt is there after an epoch of other data at least, where scratch has nothing.
            #expect(better < (scratch + begun[begun.count - 1]) / 2, "\(losses(second)) after \(begun)")
            let catalogue = try await stage.models.catalogue("0002")
            #expect(catalogue.count == 25 && catalogue.place("new") != nil)
            // The vocabulary is the version's.
            let files = try ["0001", "0002"].map { try fileDigest("\(stage.folder)/models/\($0)/spiece.model") }
            #expect(files[0] == files[1])
            _ = try stage.load("0002").makeRanker().best([RankingRequest(history: [0, 1], count: 5)])
        }
    }

    @Test(arguments: [true, false])
    func `From a folder with a T5 it takes over sizes and vocabulary`(isTied: Bool) async throws {
        try await Self.shop.inStage { stage in
            // A folder as transformers has it: made of a version's vocabulary, with other sizes than the preset's.
            _ = try await stage.version(TrainingStage.request(epochs: 1))
            let spiece = [UInt8](try Data(contentsOf: URL(fileURLWithPath: stage.folder + "/models/0001/spiece.model")))
            let folder = stage.folder + "/t5"
            let old = try loadedParameters(stage.folder + "/models/0001").configuration
            var configuration = T5Configuration(
                vocabularyCount: old.baseVocabularyCount, width: 24, headWidth: 8, heads: 3, feedForward: 40, encoderLayers: 2,
                decoderLayers: 1)
            configuration.isTied = isTied
            let parameters = T5Parameters(configuration)
            parameters.initialize(seed: 3)
            try Checkpoint.save(parameters, to: folder) { try $0.write(spiece, to: "spiece.model") }
            let made = try await stage.version(TrainingStage.request(epochs: 1) { $0.initialCheckpoint = folder })
            let trained = try loadedParameters("\(stage.folder)/models/\(made.version)").configuration
            #expect(trained.width == 24 && trained.heads == 3 && trained.encoderLayers == 2 && trained.isTied == isTied)
            #expect(trained.itemCount == 24 && trained.vocabularyCount == configuration.vocabularyCount + 24)
            let loaded = try stage.load(made.version)
            let ranked = try loaded.makeRanker().best([RankingRequest(history: [0, 1], count: .max)])
            #expect(ranked.first?.count == 24)
            let written = try loaded.makeWriter().write([ExplanationRequest(history: [0, 1], item: 2)]) { false }
            #expect(written?.count == 1)
        }
    }

    @Test func `A folder without a T5, or with a vocabulary that does not fit, fails the job with the reason`() async throws {
        try await Self.shop.inStage { stage in
            _ = try await stage.version(TrainingStage.request(epochs: 1))
            let version = stage.folder + "/models/0001"
            let small = stage.folder + "/small", bare = stage.folder + "/bare"
            let parameters = T5Parameters(
                T5Configuration(vocabularyCount: 50, width: 16, headWidth: 8, heads: 2, feedForward: 16, encoderLayers: 1))
            parameters.initialize(seed: 3)
            try Checkpoint.save(parameters, to: bare)
            let spiece = [UInt8](try Data(contentsOf: URL(fileURLWithPath: version + "/spiece.model")))
            try Checkpoint.save(parameters, to: small) { try $0.write(spiece, to: "spiece.model") }
            for (name, words) in [
                ("0009", ["neither a version (rdrec models) nor a folder with a T5", "0009"]), (stage.folder, ["neither", "config.json"]),
                (bare, ["neither", "spiece.model"]), (small, ["50 rows", "vocabulary"]),
            ] {
                let job = try await stage.end(of: TrainingStage.request { $0.initialCheckpoint = name })
                #expect(job.phase == .failed)
                for word in words { #expect(job.message.contains(word), "\(name): \(job.message)") }
            }
            #expect(try await stage.versions == ["0001"])
        }
    }

    @Test func `A version that may know what the split holds back is no beginning`() async throws {
        try await Self.shop.inStage { stage in
            _ = try await stage.version(TrainingStage.request(epochs: 1))
            _ = try await stage.store.makeSplit(SplitPolicy(kind: .globalTime))
            let job = try await stage.end(of: TrainingStage.request(epochs: 1) { $0.initialCheckpoint = "0001" })
            #expect(job.phase == .failed && job.message.contains("of another policy"), "\(job.message)")
        }
    }
}
