import RPC
import Synchronization
import Transport
import Wire

/// A recommender that answers each question in one way, and notes what it is asked.
final class FakeRecommender: RecommenderService {
    private struct Asked {
        var recommend: [RecommendRequest] = []
        var rank: [RankRequest] = []
        var explain: [ExplainRequest] = []
    }

    private let asked = Mutex(Asked())
    private let response: RecommendResponse
    private let explanation: ExplainResponse

    init(_ response: RecommendResponse = RecommendResponse(), explanation: ExplainResponse = ExplainResponse()) {
        self.response = response
        self.explanation = explanation
    }

    var recommended: [RecommendRequest] { asked.withLock { $0.recommend } }
    var ranked: [RankRequest] { asked.withLock { $0.rank } }
    var explained: [ExplainRequest] { asked.withLock { $0.explain } }

    func recommend(_ request: RecommendRequest, _ call: ServerCall) async throws -> RecommendResponse {
        asked.withLock { $0.recommend.append(request) }
        if case .userID("nobody") = request.subject { throw RPCError(.invalidArgument, "as_of: nobody is not tested\u{7}") }
        return response
    }

    func rank(_ request: RankRequest, _ call: ServerCall) async throws -> RecommendResponse {
        asked.withLock { $0.rank.append(request) }
        return response
    }

    func explain(_ request: ExplainRequest, _ call: ServerCall) async throws -> ExplainResponse {
        asked.withLock { $0.explain.append(request) }
        if request.itemID == "nothing" { throw RPCError(.notFound, "there is no item nothing") }
        return explanation
    }
}

/// Versions of a model, of which those that are there can be activated.
struct FakeModels: ModelsService {
    var list = ListModelsResponse()

    func listModels(_ request: ListModelsRequest, _ call: ServerCall) async throws -> ListModelsResponse { list }

    func activateModel(_ request: ActivateModelRequest, _ call: ServerCall) async throws -> ModelInfo {
        guard let model = list.models.first(where: { $0.version == request.version }) else {
            throw RPCError(.notFound, "there is no version \(request.version)")
        }
        return model
    }
}

/// Versions as a student that has trained for a while has them.
extension ListModelsResponse {
    static let some: ListModelsResponse = {
        var best = ModelOrigin()
        best.version = "0003"
        best.createdAtMs = 1_709_209_859_000
        best.preset = "small"
        best.indexing = "atomic"
        best.splitVersion = 4
        best.metrics = [
            Metric(name: "validation/hr@10", value: 0.09121, step: 7), Metric(name: "validation/ndcg@10", value: 0.048, step: 7),
        ]
        var leaking = ModelOrigin()
        leaking.version = "0002"
        leaking.preset = "paper"
        leaking.indexing = "digits-in-order"
        leaking.leaksTestOrder = true
        leaking.withoutRationales = true
        leaking.disturbance = Disturbance(randomInteractions: 0.1, swappedRationales: 0.125)
        return ListModelsResponse(
            models: [
                ModelInfo(version: "0003", architecture: "sequence", parameterCount: 1_234_567), ModelInfo(version: "0002"),
                ModelInfo(version: "00\u{1B}1"),
            ], activeVersion: "0003", origins: [best, leaking])
    }()
}
