import ChildProcesses
import DaemonStage
import Foundation
import Locks
import Store
import Student
import T5Model
import Wire

/// Training jobs on a store, in this process.
struct TrainingStage {
    let store: any Store
    let folder: String
    let models: ModelStore
    let work: TrainingWork
    /// What trainings have published, and with which wish.
    let published = Locked<[(version: String, activation: Activation)]>([])

    /// - Parameter serving: activates what trainings publish; nothing does where nil.
    init(_ store: any Store, _ folder: String, serving: Serving? = nil) {
        self.store = store
        self.folder = folder
        let published = published, models = serving?.models ?? ModelStore(directory: folder, logger: quietLogger)
        self.models = models
        work = TrainingWork(
            store, models, TrainingWork.Options(directory: folder, kernels: trainingKernels), logger: quietLogger
        ) { version, request in
            published.withLock { $0.append((version, request.activation)) }
            guard let serving else { return "published \(version)" }
            switch try await serving.activation.consider(version, request.activation) {
            case .activated: return "model \(version) is active"
            case .kept(let reason): return "kept: \(reason)"
            }
        }
    }

    /// A request for a short training of a small model.
    static func request(epochs: UInt32 = 2, _ change: (inout StartTrainingRequest) -> Void = { _ in }) -> StartTrainingRequest {
        var request = StartTrainingRequest(preset: "tiny", maxEpochs: epochs, tokensPerStep: 256)
        change(&request)
        return request
    }

    func running<Result>(_ body: (JobRunner) async throws -> Result) async throws -> Result {
        try await withRunner(store, works: [.training: work], body)
    }

    /// Runs one training to its end.
    func end(of request: StartTrainingRequest) async throws -> JobRecord {
        try await running { try await $0.end(of: $0.start(.training, request: request.encoded()).number) }
    }

    /// The same, and its version.
    func version(_ request: StartTrainingRequest) async throws -> ModelDescription {
        let job = try await end(of: request)
        guard job.phase == .succeeded else { throw Missing(description: "a training that succeeds: \(job.message)") }
        return try await models.describe(job.modelVersion)
    }

    func load(_ version: String) throws -> StudentModel {
        let kernels = try trainingKernels()
        return try StudentModel(folder: "\(folder)/models/\(version)", ranking: kernels, writing: kernels)
    }

    /// What trainings have in their folders now.
    var trainings: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder + "/training")) ?? [] }
    var versions: [String] {
        get async throws { try await models.list().map(\.version) }
    }
}

extension TrainingShop {
    /// Runs `body` with jobs on a store that has it all.
    func inStage<Result>(
        _ records: [IngestRecord.Record]? = nil, _ body: (TrainingStage) async throws -> Result
    ) async throws -> Result {
        try await inStore(records) { store, folder, _ in try await body(TrainingStage(store, folder)) }
    }

    /// The version that a training makes of it, in a store of its own.
    func version(_ request: StartTrainingRequest, _ records: [IngestRecord.Record]? = nil) async throws -> ModelDescription {
        try await inStage(records) { try await $0.version(request) }
    }
}
