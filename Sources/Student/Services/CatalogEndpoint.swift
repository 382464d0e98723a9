package import RPC
package import Store
internal import Transport
package import Wire

/// `rdrec.v1.Catalog`: takes in what the shop knows, and tells it.
package struct CatalogEndpoint: CatalogService {
    private let store: any Store
    private let metrics: StudentMetrics
    private let budget: IngestBudget
    /// Each reads the whole store: one at a time.
    private let statistics: SharedRun<Statistics>
    private let came: @Sendable (_ interactions: Int, _ items: Int) -> Void

    /// - Parameter came: told how many interactions and descriptions of items have been taken in.
    package init(
        _ store: any Store, metrics: StudentMetrics, came: @escaping @Sendable (_ interactions: Int, _ items: Int) -> Void = { _, _ in }
    ) {
        self.came = came
        self.store = store
        self.metrics = metrics
        budget = IngestBudget()
        statistics = SharedRun { try await store.statistics() }
    }

    package func ingest(_ requests: MessageStream<IngestRecord>, _ call: ServerCall) async throws -> IngestSummary {
        try await take(requests) { [$0] }
    }

    package func ingestBatches(_ requests: MessageStream<IngestBatch>, _ call: ServerCall) async throws -> IngestSummary {
        try await take(requests) { $0.records }
    }

    private func take<Message>(
        _ messages: MessageStream<Message>, _ records: @escaping @Sendable (Message) -> [IngestRecord]
    ) async throws -> IngestSummary {
        let metrics = metrics
        var ingest = IngestCall(store, budget) { metrics.ingested($0) }
        // Also what a call brought that broke off.
        defer { came(Int(ingest.summary.interactions + ingest.summary.reviews), Int(ingest.summary.items)) }
        return try await answering { try await ingest.run(messages, records) }
    }

    package func recordInteraction(_ request: Interaction, _ call: ServerCall) async throws -> RecordInteractionResponse {
        let interaction: Interaction
        do {
            interaction = try RecordCheck.checked(request)
        } catch {
            throw RPCError(.invalidArgument, error.reason)
        }
        // With a time it is the same interaction however often it is sent.
        let key = interaction.timestampMs == 0 ? call.metadata.text("idempotency-key") : nil
        let length = try await answering { try await store.record(interaction, key: key) }
        // Whether it was there before the store does not tell.
        metrics.recorded()
        came(1, 0)
        return RecordInteractionResponse(historyLength: UInt32(clamping: length))
    }

    package func getStatistics(_ request: GetStatisticsRequest, _ call: ServerCall) async throws -> Statistics {
        try await answering { try await statistics.value() }
    }

    package func listRationales(
        _ request: ListRationalesRequest, _ responses: MessageWriter<StoredRationale>, _ call: ServerCall
    ) async throws {
        let subject: RationaleSubject
        switch request.subject {
        case .itemID(let id) where !id.isEmpty: subject = .item(id)
        case .userID(let id) where !id.isEmpty: subject = .user(id)
        default: throw RPCError(.invalidArgument, "item_id or user_id has to say whose rationales are asked for")
        }
        try await answering {
            try await store.rationales(of: subject, trainingOnly: request.trainingOnly) { batch in
                for rationale in batch { try await responses.write(rationale) }
            }
        }
    }

    package func makeSplit(_ request: SplitPolicy, _ call: ServerCall) async throws -> Split {
        try await answering { try await store.makeSplit(request) }
    }
}
