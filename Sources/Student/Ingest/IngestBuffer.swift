internal import Store
internal import Wire

/// The records between the stream that brings them and the store that takes them: the stream is read ahead while the store writes, up to a
/// full batch; a store that has nothing to do is given what there is. For one reader and one writer.
actor IngestBuffer {
    struct Batch: Sendable {
        var records: [IngestRecord.Record] = []
        var positions: [UInt64] = []
        /// By the check.
        var refused: [RejectedRecord] = []
        var bytes = 0
        /// Of the budget.
        var share = 0

        var count: Int { records.count + refused.count }
        var isEmpty: Bool { count == 0 }

        fileprivate var isFull: Bool { count >= IngestBuffer.batchCount || bytes >= IngestBuffer.batchBytes }
    }

    /// Records of a transaction, and bytes of their texts: large enough that neither its fsync counts nor the pages of indices that it writes,
    /// small enough that others have their turn within a fraction of a second.
    private static let batchCount = 32_768
    private static let leastBatchCount = 1_024
    private static let batchBytes = 12 << 20
    /// That a record waits for more to come, where the store has nothing to do.
    private static let patience = Duration.seconds(1)

    private let budget: IngestBudget
    private var batch = Batch()
    private var end: Result<Void, any Error>?
    private var isClosed = false
    /// Whether the stream waits for what other calls, or this one's own batch, have of the budget.
    private var isShort = false
    private var isOverdue = false
    private var timer: Task<Void, Never>?
    private var reader: CheckedContinuation<Void, Never>?
    private var writer: CheckedContinuation<Void, Never>?

    init(_ budget: IngestBudget) { self.budget = budget }

    // MARK: The stream's side

    /// Waits while the batch is full, and for the budget.
    /// - Throws: `CancellationError`.
    func add(_ verdict: RecordCheck.Verdict, at position: UInt64) async throws {
        while batch.isFull, !isClosed { await withCheckedContinuation { reader = $0 } }
        let bytes = verdict.memoryBytes, share = budget.share(bytes)
        if !budget.takeNow(share) {
            isShort = true
            wakeWriter()
            defer { isShort = false }
            try await budget.take(share)
        }
        guard !isClosed else {
            budget.giveBack(share)
            throw CancellationError()
        }
        let before = batch.count
        switch verdict {
        case .taken(let record):
            batch.records.append(record)
            batch.positions.append(position)
        case .refused(let reason): batch.refused.append(RejectedRecord(position: position, reason: reason))
        }
        batch.bytes += bytes
        batch.share += share
        if before == 0 || batch.count == Self.leastBatchCount || batch.isFull { wakeWriter() }
    }

    func finish(_ result: Result<Void, any Error>) {
        end = result
        wakeWriter()
    }

    private func wakeWriter() {
        writer?.resume()
        writer = nil
    }

    // MARK: The store's side

    /// The next batch; nil behind the last. Its share of the budget is the caller's to give back.
    /// - Throws: the stream's error, behind the batches that were large enough before it.
    func next() async throws -> Batch? {
        while true {
            if batch.count >= Self.leastBatchCount || batch.isFull { return take() }
            if let end {
                try end.get()
                return batch.isEmpty ? nil : take()
            }
            if !batch.isEmpty {
                if isShort || isOverdue { return take() }
                startTimer()
            }
            await withCheckedContinuation { writer = $0 }
        }
    }

    private func take() -> Batch {
        defer { batch = Batch() }
        timer?.cancel()
        timer = nil
        isOverdue = false
        reader?.resume()
        reader = nil
        return batch
    }

    private func startTimer() {
        guard timer == nil else { return }
        timer = Task {
            // Cancelled, what it was for has been taken.
            guard (try? await Task.sleep(for: Self.patience)) != nil, !Task.isCancelled else { return }
            isOverdue = true
            wakeWriter()
        }
    }

    /// Nothing is taken any more.
    func close() {
        isClosed = true
        budget.giveBack(take().share)
    }
}

extension RecordCheck.Verdict {
    /// About what it takes in memory: all its strings, and what holds them.
    fileprivate var memoryBytes: Int {
        switch self {
        case .taken(let record): record.memoryBytes
        case .refused(let reason): 128 + reason.utf8.count
        }
    }
}

extension IngestRecord.Record {
    fileprivate var memoryBytes: Int {
        switch self {
        case .review(let review): 256 + bytes(review.reviewID, review.userID, review.itemID, review.text, review.summary)
        case .item(let item):
            256 + bytes(item.itemID, item.title, item.description) + item.categories.reduce(0) { $0 + 32 + $1.utf8.count }
        case .interaction(let interaction): 128 + bytes(interaction.userID, interaction.itemID)
        case .rationale(let rationale):
            384 + bytes(rationale.reviewID, rationale.userPreference, rationale.itemAttributes)
                + (rationale.provenance.map {
                    bytes($0.modelDigest, $0.modelName, $0.promptVersion, $0.sampling, $0.workerID)
                } ?? 0)
        }
    }
}

private func bytes(_ texts: String...) -> Int { texts.reduce(0) { $0 + $1.utf8.count } }
