import RPC
import Synchronization
import Transport
import Wire

/// A catalogue that keeps what it is sent, and does what a script says.
final class FakeCatalog: CatalogService {
    /// What is done about a record, by the call's number and the record's position in it, both from 0.
    enum Step: Sendable {
        case take
        case reject(String)
        /// Ends the call.
        case fail(RPCError)
        /// Leaves the call without an answer until it is cancelled.
        case hold
    }

    struct Call: Sendable {
        var records: [IngestRecord.Record] = []
        var hasSummary = false
    }

    private struct State {
        var calls: [Call] = []
        var running = 0
        var mostRunning = 0
        var holds: [CheckedContinuation<Void, Never>] = []
        var isHolding = false
    }

    private let state = Mutex(State())
    private let script: @Sendable (_ call: Int, _ position: Int, _ record: IngestRecord.Record) -> Step

    init(_ script: @escaping @Sendable (_ call: Int, _ position: Int, _ record: IngestRecord.Record) -> Step = { _, _, _ in .take }) {
        self.script = script
    }

    var calls: [Call] { state.withLock { $0.calls } }
    /// What calls with a summary have brought, in order.
    var taken: [IngestRecord.Record] { calls.filter(\.hasSummary).flatMap(\.records) }
    /// Calls that ran at the same time.
    var mostRunning: Int { state.withLock { $0.mostRunning } }

    /// Returns when a call is held.
    func held() async {
        await withCheckedContinuation { continuation in
            let isHolding = state.withLock { state in
                if !state.isHolding { state.holds.append(continuation) }
                return state.isHolding
            }
            if isHolding { continuation.resume() }
        }
    }

    func ingest(_ requests: MessageStream<IngestRecord>, _ call: ServerCall) async throws -> IngestSummary {
        let number = state.withLock { state in
            state.calls.append(Call())
            state.running += 1
            state.mostRunning = max(state.mostRunning, state.running)
            return state.calls.count - 1
        }
        defer { state.withLock { $0.running -= 1 } }
        var summary = IngestSummary(), position = 0
        for try await request in requests {
            guard let record = request.record else { throw RPCError(.invalidArgument, "a record without one") }
            switch script(number, position, record) {
            case .take:
                state.withLock { $0.calls[number].records.append(record) }
                summary.count(record)
            case .reject(let reason):
                summary.rejectedCount += 1
                if summary.rejected.count < 100 { summary.rejected.append(RejectedRecord(position: UInt64(position), reason: reason)) }
            case .fail(let error): throw error
            case .hold:
                let waiting = state.withLock { state in
                    state.isHolding = true
                    defer { state.holds = [] }
                    return state.holds
                }
                for continuation in waiting { continuation.resume() }
                try await Task.sleep(for: .seconds(600))
            }
            position += 1
        }
        state.withLock { $0.calls[number].hasSummary = true }
        return summary
    }

    func recordInteraction(_ request: Interaction, _ call: ServerCall) async throws -> RecordInteractionResponse {
        RecordInteractionResponse()
    }

    func getStatistics(_ request: GetStatisticsRequest, _ call: ServerCall) async throws -> Statistics { Statistics() }

    func listRationales(_ request: ListRationalesRequest, _ responses: MessageWriter<StoredRationale>, _ call: ServerCall) async throws {}

    func makeSplit(_ request: SplitPolicy, _ call: ServerCall) async throws -> Split { Split() }
}

extension IngestSummary {
    fileprivate mutating func count(_ record: IngestRecord.Record) {
        switch record {
        case .review: reviews += 1
        case .item: items += 1
        case .interaction: interactions += 1
        case .rationale: rationales += 1
        }
    }
}
