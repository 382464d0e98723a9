internal import Foundation
internal import LlamaModel
internal import RPC
internal import Transport
package import Wire

/// Does what a broker assigns, with one model. Knows nothing of how it is attached. Safe from any thread.
package struct Worker: Sendable {
    package let id: String
    package let model: LoadedModel

    /// - Parameter id: 1 to 64 characters `[A-Za-z0-9_.-]`.
    package init(id: String, model: LoadedModel) {
        self.id = id
        self.model = model
    }

    /// What it says first.
    package var ready: WorkerReady {
        WorkerReady(
            workerID: id, slots: UInt32(clamping: model.generator.slots),
            interactiveSlots: UInt32(clamping: min(model.interactiveSlots, model.generator.slots - 1)), model: model.info,
            promptVersion: model.composer.promptVersion)
    }

    /// Writes something once, so that the first request finds weights in memory and the prompt's head computed.
    package func warmUp() async throws {
        let review = Review(text: "These strings sound warm, stay in tune and have lasted for months of daily playing.")
        let generation = try model.composer.generation(for: review, nil, priority: .interactive, deadline: nil)
        _ = try await model.generator.result(of: generation)
    }

    /// Carries out an assignment; parts of a completion go to `tell` as they come.
    /// - Returns: the outcome, whatever happens.
    func outcome(of assignment: Assignment, tell: (CompleteChunk) async throws -> Void) async -> AssignmentOutcome {
        let deadline = assignment.timeoutUs > 0 ? ContinuousClock.now + .microseconds(Int64(clamping: assignment.timeoutUs)) : nil
        do {
            let result: AssignmentOutcome.Result
            switch assignment.work {
            case .rationale(let request): result = .rationale(try await rationale(request, deadline))
            case .completion(let request): result = .lastChunk(try await complete(request, deadline, tell))
            case nil: throw RPCError(.unimplemented, "work of a kind that this worker does not know")
            }
            return AssignmentOutcome(assignmentID: assignment.assignmentID, result: result)
        } catch {
            let error = RPCError(generation: error)
            let delay = error.retryAfter.map { UInt32(clamping: Nanoseconds($0).count / 1_000_000) }
            return AssignmentOutcome(
                assignmentID: assignment.assignmentID, status: error.code.rawValue, message: error.message, retryDelayMs: delay ?? 0)
        }
    }

    private func rationale(_ request: GenerateRationaleRequest, _ deadline: ContinuousClock.Instant?) async throws -> Rationale {
        let review = request.review ?? Review()
        let generation = try model.composer.generation(
            for: review, request.sampling, priority: request.priority == .bulk ? .bulk : .interactive, deadline: deadline)
        let result = try await model.generator.result(of: generation)
        let sentences = try model.composer.rationale(for: review, result)
        let provenance = Provenance(
            modelDigest: model.info.digest, modelName: model.info.name, promptVersion: model.composer.promptVersion,
            sampling: (request.sampling ?? Wire.Sampling()).canonicalText, workerID: id,
            promptTokens: UInt32(clamping: result.promptTokens), generatedTokens: UInt32(clamping: result.generatedTokens),
            createdAtMs: Int64(Date().timeIntervalSince1970 * 1_000))
        return Rationale(
            reviewID: review.reviewID, userID: review.userID, itemID: review.itemID, userPreference: sentences.userPreference,
            itemAttributes: sentences.itemAttributes, provenance: provenance)
    }

    private func complete(
        _ request: CompleteRequest, _ deadline: ContinuousClock.Instant?, _ tell: (CompleteChunk) async throws -> Void
    ) async throws -> CompleteChunk {
        for try await event in try model.generator.generate(model.generation(for: request, deadline: deadline)) {
            switch event {
            case .text(let text, let tokens):
                try await tell(CompleteChunk(text: text, tokens: tokens.map { UInt32(clamping: $0) }))
            case .finished(let result):
                return CompleteChunk(
                    finishReason: result.written.last?.finish.rawValue ?? "", promptTokens: UInt32(clamping: result.promptTokens),
                    cachedTokens: UInt32(clamping: result.cachedTokens))
            }
        }
        throw GenerationError.cancelled
    }
}
