import RPC
import Synchronization
import Transport
import Wire

/// A teacher without a model. What it does with a review the review's text says:
/// `fail N` ends it with status N, `busy N` refuses it N times with RESOURCE_EXHAUSTED, `forget` never answers it and `drop N` ends the
/// call with UNAVAILABLE N times. Any other gets a rationale of its text.
final class FakeTeacher: TeacherService {
    private struct State {
        var requests: [GenerateRationaleRequest] = []
        var calls = 0
        var limit: Int
        var waiters: [(count: Int, resume: @Sendable () -> Void)] = []
    }
    private let state: Mutex<State>

    /// - Parameter limit: Reviews that are answered; what comes after is held until the call is cancelled.
    init(limit: Int = .max) { state = Mutex(State(limit: limit)) }

    var requests: [GenerateRationaleRequest] { state.withLock { $0.requests } }
    var calls: Int { state.withLock { $0.calls } }

    /// Returns when so many requests have come.
    func received(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.requests.count < count { state.waiters.append((count, { continuation.resume() })) }
                return state.requests.count >= count
            }
            if isThere { continuation.resume() }
        }
    }

    /// - Returns: How many times the review has come, and whether it may be answered.
    private func note(_ request: GenerateRationaleRequest) -> (times: Int, isAnswered: Bool) {
        let (result, ready) = state.withLock { state in
            state.requests.append(request)
            let ready = state.waiters.filter { $0.count <= state.requests.count }
            state.waiters.removeAll { $0.count <= state.requests.count }
            let times = state.requests.count { $0.review?.reviewID == request.review?.reviewID }
            return ((times, state.requests.count <= state.limit), ready)
        }
        for waiter in ready { waiter.resume() }
        return result
    }

    func generateRationale(_ request: GenerateRationaleRequest, _ call: ServerCall) async throws -> GenerateRationaleResponse {
        _ = note(request)
        let text = request.review?.text ?? ""
        if text.isEmpty { throw RPCError(.invalidArgument, "review.text is empty") }
        return GenerateRationaleResponse(outcome: .rationale(Self.rationale(of: request)))
    }

    private static func rationale(of request: GenerateRationaleRequest) -> Rationale {
        let review = request.review ?? Review()
        return Rationale(
            reviewID: review.reviewID, userID: review.userID, itemID: review.itemID, userPreference: "The user prefers \(review.text).",
            itemAttributes: "The item's attributes are \(review.text).", provenance: Provenance(promptVersion: "fake-1"))
    }

    func streamRationales(
        _ requests: MessageStream<GenerateRationaleRequest>, _ responses: MessageWriter<GenerateRationaleResponse>, _ call: ServerCall
    ) async throws {
        state.withLock { $0.calls += 1 }
        for try await request in requests {
            let (times, isAnswered) = note(request), review = request.review ?? Review()
            guard isAnswered else {
                try await Task.sleep(for: .seconds(600))
                return
            }
            let words = review.text.split(separator: " "), number = words.count == 2 ? UInt32(words[1]) : nil
            switch (words.first, number) {
            case ("forget", _): break
            case ("fail", let status?): try await Self.refuse(review, status, "as asked", responses)
            case ("busy", let count?) where times <= count: try await Self.refuse(review, 8, "busy", responses)
            case ("drop", let count?) where times <= count: throw RPCError(.unavailable, "dropped")
            default: try await responses.write(GenerateRationaleResponse(outcome: .rationale(Self.rationale(of: request))))
            }
        }
    }

    private static func refuse(
        _ review: Review, _ status: UInt32, _ message: String, _ responses: MessageWriter<GenerateRationaleResponse>
    ) async throws {
        let error = ItemError(reviewID: review.reviewID, status: status, message: message)
        try await responses.write(GenerateRationaleResponse(outcome: .error(error)))
    }

    func complete(_ request: CompleteRequest, _ responses: MessageWriter<CompleteChunk>, _ call: ServerCall) async throws {
        let prompt =
            switch request.input {
            case .prompt(let text): "prompt=\(text)"
            case .chat(let chat): chat.messages.map { "\($0.role)=\($0.content)" }.joined(separator: ";")
            case nil: ""
            }
        let sampling = request.sampling.map { "\($0.temperature),\($0.topP),\($0.topK),\($0.seed),\($0.maxTokens)" } ?? "none"
        for text in [prompt, "\n\(sampling)", "\n\u{1B}\(request.stop.joined(separator: "|"))"] {
            try await responses.write(CompleteChunk(text: text))
        }
        try await responses.write(CompleteChunk(finishReason: "stop"))
    }

    func getModel(_ request: GetModelRequest, _ call: ServerCall) async throws -> ModelInfo { ModelInfo(name: "fake") }

    func getLoad(_ request: GetLoadRequest, _ call: ServerCall) async throws -> TeacherLoad { TeacherLoad() }
}
