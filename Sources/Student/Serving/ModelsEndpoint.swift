package import RPC
internal import Transport
package import Wire

/// `rdrec.v1.Models`: tells versions, and has one serve.
package struct ModelsEndpoint: ModelsService {
    private let models: ModelStore
    private let engine: ServingEngine
    private let activation: ModelActivation

    package init(_ models: ModelStore, _ engine: ServingEngine, _ activation: ModelActivation) {
        self.models = models
        self.engine = engine
        self.activation = activation
    }

    package func listModels(_ request: ListModelsRequest, _ call: ServerCall) async throws -> ListModelsResponse {
        // What serves, not what should: a version that could not be loaded is none.
        let active = engine.version?.version ?? ""
        let descriptions = try await answering { try await models.list() }
        return ListModelsResponse(
            models: descriptions.map(info), activeVersion: active, origins: descriptions.map(\.origin))
    }

    package func activateModel(_ request: ActivateModelRequest, _ call: ServerCall) async throws -> ModelInfo {
        guard !request.version.isEmpty else { throw RPCError(.invalidArgument, "version is empty: rdrec models lists them") }
        return info(try await activation.activate(request.version))
    }

    private func info(_ description: ModelDescription) -> ModelInfo {
        ModelInfo(
            name: description.preset, version: description.version, digest: description.digest,
            architecture: "t5-\(description.formulation)", parameterCount: UInt64(clamping: description.parameterCount),
            // Known where one has been loaded; the same for all.
            instructionSet: engine.version?.loaded.instructionSet ?? "")
    }
}

extension ModelDescription {
    /// Where it comes from, as clients are told.
    package var origin: ModelOrigin {
        var origin = ModelOrigin()
        origin.version = version
        origin.jobID = jobID
        origin.createdAtMs = createdAtMs
        origin.preset = preset
        origin.indexing = indexing
        origin.leaksTestOrder = leaksTestOrder
        origin.splitVersion = splitVersion
        origin.withoutRationales = withoutRationales
        origin.seed = seed
        if randomInteractions > 0 || swappedRationales > 0 {
            origin.disturbance = Disturbance(randomInteractions: randomInteractions, swappedRationales: swappedRationales)
        }
        origin.metrics = metrics.sorted { $0.key < $1.key }.map {
            Metric(name: $0.key, value: $0.value, step: UInt64(clamping: bestEpoch))
        }
        return origin
    }
}
