import ChildProcesses
import RPC
import Transport
import Wire

/// One outcome of a stream.
struct Outcome: Sendable, Hashable {
    let reviewID: String
    let status: StatusCode
    /// Both sentences, or the error's message.
    let text: String

    init(_ response: GenerateRationaleResponse) throws {
        switch response.outcome {
        case .rationale(let rationale):
            (reviewID, status, text) = (rationale.reviewID, .ok, rationale.userPreference + " " + rationale.itemAttributes)
        case .error(let error): (reviewID, status, text) = (error.reviewID, StatusCode(wireValue: error.status), error.message)
        case nil: throw Missing(description: "an outcome")
        }
    }
}

extension TeacherClient {
    /// All outcomes of a stream of these requests; `each` sees them as they come.
    func outcomes(
        _ requests: [GenerateRationaleRequest], options: CallOptions = CallOptions(), each: @Sendable (Outcome) throws -> Void = { _ in }
    ) async throws -> [Outcome] {
        try await streamRationales(options: options) { writer, responses in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for request in requests { try await writer.write(request) }
                    writer.finish()
                }
                var outcomes: [Outcome] = []
                for try await response in responses {
                    let outcome = try Outcome(response)
                    outcomes.append(outcome)
                    try each(outcome)
                }
                try await group.waitForAll()
                return outcomes
            }
        }
    }
}

extension DaemonFixture {
    func stream(_ requests: [GenerateRationaleRequest]) async throws -> [Outcome] { try await teacher.outcomes(requests) }

    func chunks(_ request: CompleteRequest) async throws -> [CompleteChunk] {
        try await teacher.complete(request) { stream in
            var chunks: [CompleteChunk] = []
            for try await chunk in stream { chunks.append(chunk) }
            return chunks
        }
    }
}
