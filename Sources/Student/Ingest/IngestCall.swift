internal import Locks
internal import RPC
package import Store
package import Wire

/// Takes a stream of records in: checks each, and brings them to the store in batches while the next ones arrive.
package struct IngestCall {
    private let store: any Store
    private let counted: @Sendable (IngestOutcome) -> Void
    private var summary = IngestSummary()
    /// Of the next record in the stream.
    private var position: UInt64 = 0

    /// Records of a transaction, and bytes of their texts: large enough that neither its fsync counts nor the pages of indices that it writes,
    /// small enough that others have their turn within a fraction of a second.
    private static let batchCount = 32_768
    private static let leastBatchCount = 1_024
    private static let batchBytes = 12 << 20
    private static let mostRejectedTold = 100

    /// - Parameter counted: told what became of each record.
    package init(_ store: any Store, counted: @escaping @Sendable (IngestOutcome) -> Void) {
        self.store = store
        self.counted = counted
    }

    /// Returns when everything is on disk.
    /// - Throws: the stream's errors, and `StoreError`; batches before stay.
    /// - Parameter records: of a message of the stream.
    package mutating func run<Messages: AsyncSequence & Sendable>(
        _ messages: Messages, _ records: (Messages.Element) -> [IngestRecord]
    ) async throws -> IngestSummary {
        var iterator = messages.makeAsyncIterator()
        var batch = try await next(&iterator, records, Locked(false))
        while !batch.isEmpty {
            let taking = batch, isWriting = Locked(true)
            async let outcomes = write(taking.records, isWriting)
            // What comes meanwhile is checked meanwhile.
            let following = try await next(&iterator, records, isWriting)
            settle(taking, try await outcomes)
            batch = following
        }
        return summary
    }

    private func write(_ records: [IngestRecord.Record], _ isWriting: Locked<Bool>) async throws -> [IngestOutcome] {
        defer { isWriting.withLock { $0 = false } }
        return try await store.ingest(records)
    }

    private struct Batch: Sendable {
        var records: [IngestRecord.Record] = []
        var positions: [UInt64] = []
        /// By the check.
        var refused: [RejectedRecord] = []
        var bytes = 0

        var count: Int { records.count + refused.count }
        var isEmpty: Bool { count == 0 }
    }

    /// A batch that is full, or large enough for a store that has nothing to do: the slower of the two sides is never waited for.
    private mutating func next<Iterator: AsyncIteratorProtocol>(
        _ iterator: inout Iterator, _ records: (Iterator.Element) -> [IngestRecord], _ isWriting: Locked<Bool>
    ) async throws -> Batch {
        var batch = Batch()
        while batch.count < Self.batchCount, batch.bytes < Self.batchBytes {
            if batch.count >= Self.leastBatchCount, !isWriting.withLock({ $0 }) { break }
            guard let message = try await iterator.next() else { break }
            for record in records(message) {
                switch RecordCheck.check(record) {
                case .taken(let record):
                    batch.records.append(record)
                    batch.positions.append(position)
                    batch.bytes += record.textBytes
                case .refused(let reason): batch.refused.append(RejectedRecord(position: position, reason: reason))
                }
                position += 1
            }
        }
        return batch
    }

    private mutating func settle(_ batch: Batch, _ outcomes: [IngestOutcome]) {
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

extension IngestRecord.Record {
    /// About what it takes in memory.
    fileprivate var textBytes: Int {
        switch self {
        case .review(let review): review.text.utf8.count + review.summary.utf8.count + 128
        case .item(let item): item.title.utf8.count + item.description.utf8.count + item.categories.count * 32 + 128
        case .interaction: 128
        case .rationale(let rationale): rationale.userPreference.utf8.count + rationale.itemAttributes.utf8.count + 256
        }
    }
}
