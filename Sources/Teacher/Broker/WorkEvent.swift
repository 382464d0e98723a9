internal import RPC
internal import Transport
package import Wire

/// What comes of a request at the broker.
package enum WorkEvent: Sendable, Hashable {
    /// A part of a completion; the last one has a finish reason, and nothing comes after it.
    case chunk(CompleteChunk)
    /// The end of a rationale.
    case rationale(Rationale)
}

/// The events of one request: a rationale or any number of chunks, or the `RPCError` that it ended with. A consumer that stops listening,
/// or whose task is cancelled, cancels the request wherever it is.
package typealias WorkEvents = AsyncThrowingStream<WorkEvent, any Error>

extension AsyncThrowingStream<WorkEvent, any Error> {
    /// The rationale, waited for.
    /// - Throws: `RPCError`; CANCELLED where the task was cancelled.
    func rationale() async throws -> Rationale {
        for try await case .rationale(let rationale) in self { return rationale }
        throw RPCError(.cancelled, "the request was cancelled")
    }
}
