internal import RPC
package import Store
package import Wire

/// Takes a stream of records in: checks each, and brings them to the store in batches while the next ones arrive.
package struct IngestCall {
    private let store: any Store
    private let counted: @Sendable (IngestOutcome) -> Void
    /// Of what is stored so far.
    package private(set) var summary = IngestSummary()
    private let budget: IngestBudget

    private static let mostRejectedTold = 100

    /// - Parameters:
    ///   - budget: Shared by all calls of a daemon.
    ///   - counted: Told what became of each record.
    package init(_ store: any Store, _ budget: IngestBudget, counted: @escaping @Sendable (IngestOutcome) -> Void) {
        self.store = store
        self.budget = budget
        self.counted = counted
    }

    /// Returns when everything is on disk.
    /// - Throws: the stream's errors, and `StoreError`; what was stored before stays, which is a beginning of the stream. Where the stream
    ///   broke off, fewer than 1,024 records before that are not in it.
    /// - Parameter records: of a message of the stream.
    package mutating func run<Messages: AsyncSequence & Sendable>(
        _ messages: Messages, _ records: @escaping @Sendable (Messages.Element) -> [IngestRecord]
    ) async throws -> IngestSummary {
        let buffer = IngestBuffer(budget)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await Self.read(messages, records, into: buffer)
                    await buffer.finish(.success(()))
                } catch {
                    await buffer.finish(.failure(error))
                }
            }
            do {
                while let batch = try await buffer.next() { try await store(batch) }
            } catch {
                // Who waits for room in it must not do so for ever.
                await buffer.close()
                throw error
            }
        }
        return summary
    }

    /// What comes while the store is at work is checked meanwhile.
    private static func read<Messages: AsyncSequence & Sendable>(
        _ messages: Messages, _ records: @Sendable (Messages.Element) -> [IngestRecord], into buffer: IngestBuffer
    ) async throws {
        var position: UInt64 = 0
        for try await message in messages {
            for record in records(message) {
                try await buffer.add(RecordCheck.check(record), at: position)
                position += 1
            }
        }
        // Some streams end when their reader is cancelled: what is missing then must not pass for the end.
        try Task.checkCancellation()
    }

    private mutating func store(_ batch: IngestBuffer.Batch) async throws {
        defer { budget.giveBack(batch.share) }
        settle(batch, try await store.ingest(batch.records))
    }

    private mutating func settle(_ batch: IngestBuffer.Batch, _ outcomes: [IngestOutcome]) {
        var refused = batch.refused
        for (index, outcome) in outcomes.enumerated() {
            switch outcome {
            case .added:
                switch batch.records[index] {
                case .review: summary.reviews += 1
                case .item: summary.items += 1
                case .interaction: summary.interactions += 1
                case .rationale: summary.rationales += 1
                }
                counted(outcome)
            case .duplicate:
                summary.duplicates += 1
                counted(outcome)
            case .refused(let reason): refused.append(RejectedRecord(position: batch.positions[index], reason: reason))
            }
        }
        for record in refused { counted(.refused(record.reason)) }
        summary.rejectedCount += UInt64(refused.count)
        refused.sort { $0.position < $1.position }
        summary.rejected += refused.prefix(Self.mostRejectedTold - summary.rejected.count)
    }
}
