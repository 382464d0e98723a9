import DaemonStage
import Prometheus
import Store
import Student
import Testing
import Wire

/// What becomes of a version once its training has ended.
@Suite(.timeLimit(.minutes(3)))
struct TrainedActivationTests {
    private func with(_ policy: ActivationPolicy, _ body: (TrainingStage, Serving) async throws -> Void) async throws {
        try await TrainingShop().inStore { store, folder, _ in
            let kernels = try trainingKernels()
            let serving = Serving(
                store, directory: folder, policy: policy, ServingOptions(),
                loader: { try StudentModel(folder: $0, ranking: kernels, writing: kernels) },
                metrics: StudentMetrics(factory: PrometheusRegistry()), logger: quietLogger)
            try await serving.load()
            let result: Result<Void, any Error>
            do { result = .success(try await body(TrainingStage(store, folder, serving: serving), serving)) } catch {
                result = .failure(error)
            }
            await serving.stop()
            try result.get()
        }
    }

    @Test func `The first serves, one that is no better does not, and one that is wanted does`() async throws {
        try await with(.ifBetter) { stage, serving in
            let first = try await stage.end(of: TrainingStage.request(epochs: 4))
            #expect(first.message == "model 0001 is active")
            #expect(serving.engine.version?.loaded.description.version == "0001")
            // The same once more is as good, and no better.
            let again = try await stage.end(of: TrainingStage.request(epochs: 4))
            #expect(again.phase == .succeeded && again.message.contains("validation/ndcg@10"), "\(again.message)")
            #expect(try await stage.models.activeVersion() == "0001")
            let never = try await stage.end(of: TrainingStage.request(epochs: 12) { ($0.patience, $0.activation) = (12, .never) })
            #expect(never.phase == .succeeded && never.message.contains("not activated by themselves"), "\(never.message)")
            let better = try await stage.end(of: TrainingStage.request(epochs: 12) { $0.patience = 12 })
            let metrics = try await stage.models.list().map { $0.metrics["validation/ndcg@10"] ?? -1 }
            #expect(metrics[0] > metrics[3], "longer is better: \(metrics)")
            #expect(better.message == "model 0004 is active" && serving.engine.version?.loaded.description.version == "0004")
            let disturbed = try await stage.end(
                of: TrainingStage.request(epochs: 1) { ($0.activation, $0.disturbance) = (.always, Disturbance(randomInteractions: 0.5)) })
            #expect(disturbed.message.contains("disturbed"), "\(disturbed.message)")
            let wanted = try await stage.end(of: TrainingStage.request(epochs: 1) { $0.activation = .always })
            #expect(wanted.message == "model 0006 is active" && serving.engine.version?.loaded.description.version == "0006")
            #expect(try await stage.models.activeVersion() == "0006")
        }
    }

    @Test func `Where versions are not activated by themselves the wish of one training is heard`() async throws {
        try await with(.never) { stage, serving in
            let first = try await stage.end(of: TrainingStage.request(epochs: 1))
            #expect(first.phase == .succeeded && serving.engine.version == nil)
            let wanted = try await stage.end(of: TrainingStage.request(epochs: 1) { $0.activation = .ifBetter })
            #expect(wanted.message == "model 0002 is active")
        }
    }
}
