import ChildProcesses
import DaemonStage
import Foundation
import RPC
import Testing
import Transport
import Wire

/// Recommendations of a studentd without a model.
@Suite(.timeLimit(.minutes(2)))
struct ServingTests {
    @Test("It recommends by popularity, before and behind a kill, and says at its HTTP port how it stands")
    func fallbacks() async throws {
        try await StudentStage.with { stage in
            let first = try await stage.student()
            let recommender = RecommenderClient(try stage.studentClient()), models = ModelsClient(try stage.studentClient())
            _ = try await CatalogClient(stage.studentClient()).send(shop(users: 6, items: 4))
            let request = RecommendRequest(subject: .userID("nobody"), count: 3)
            try await eventually("popularity is known") {
                let answer = try await recommender.recommend(request)
                return answer.source == .popularity && (answer.items.first?.score ?? 0) > 0
            }
            let missing = await #expect(throws: RPCError.self) {
                _ = try await models.activateModel(ActivateModelRequest(version: "0001"))
            }
            #expect(missing?.code == .notFound)
            first.signal(SIGKILL)
            _ = try await first.ended()
            // A version that is named and cannot be read: fallbacks serve.
            try FileManager.default.createDirectory(atPath: stage.dataFolder + "/models/0001", withIntermediateDirectories: true)
            try Data("0001\n".utf8).write(to: URL(fileURLWithPath: stage.dataFolder + "/models/active"))
            let second = try await stage.student("--http-port", "0")
            #expect(second.errors.contains("the active model cannot be loaded"), "\(second.errors)")
            #expect(try await second.http("/readyz").status == 200)
            let patient = CallOptions(timeout: .seconds(20), waitForReady: true)
            try await eventually("popularity is known") {
                (try await recommender.recommend(request, options: patient).items.first?.score ?? 0) > 0
            }
            #expect(try await second.metric("rdrec_student_model_serving") == 0)
            #expect(try await second.metric("rdrec_student_model_loads_total{result=\"failed\"}") == 1)
            #expect(try await second.metric("rdrec_student_recommendations_total{source=\"popularity\"}") >= 1)
            second.signal(SIGTERM)
            #expect(try await second.ended() == .exited(0), "\(second.errors)")
        }
    }
}
