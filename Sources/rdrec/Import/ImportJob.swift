import Datasets
import RPC
import RationaleStreams
import Transport
import Wire

/// Sends a data set to the student: a call a batch, each when the one before it has its summary, while the next batch is read.
///
/// A summary says that its records are on disk, so that whatever ends the job leaves the beginning of the data set stored, and the same
/// command goes on from there: what is there already changes nothing.
actor ImportJob {
    struct Options: Sendable {
        /// Whether the first bad record ends the job.
        var isStrict: Bool
        /// How long to go on without any summary.
        var patience: Duration
    }

    private let session: Session
    private let options: Options
    private let reader: BatchReader

    private var patience: Patience
    private(set) var counts = ImportCounts()
    private var told = 0
    private var progress: ImportProgress
    private var line = ProgressLine()
    /// Of the batch that is being sent: bytes before it and at its end.
    private var bytes = (before: 0, end: 0)
    private let sent = SentCount()

    private static let tick = Duration.milliseconds(200)
    private static let mostTold = 20

    init(_ session: Session, _ options: Options, _ reader: BatchReader) {
        self.session = session
        self.options = options
        self.reader = reader
        patience = Patience(options.patience)
        progress = ImportProgress(totalBytes: reader.totalBytes, start: .now)
    }

    /// Returns when all records have been sent and told about; `counts` says what became of them, also after an error.
    /// - Throws: `RPCError` where the server stays away or refuses a call; `CommandError` for the files, and for a bad record where one is
    ///   too many.
    func run() async throws {
        defer { line.clear() }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await self.sendAll()
                return true
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.tick)
                    await self.ticked()
                }
            }
            defer { group.cancelAll() }
            while let hasEnded = try await group.next(), !hasEnded {}
        }
        if counts.bad > told { line.note("note: and \(counts.bad - told) bad records more") }
    }

    private func ticked() {
        let now = ContinuousClock.now, sent = sent.value, count = max(current, 1)
        let read = bytes.before + Int(Double(bytes.end - bytes.before) * Double(sent) / Double(count))
        progress.sample(records: counts.records + sent, bytes: read, now)
        line.show(progress, now)
    }

    /// Records of the batch that is being sent.
    private var current = 0

    private func sendAll() async throws {
        var ahead = readAhead()
        while true {
            let batch = try await value(of: ahead)
            if !batch.isLast { ahead = readAhead() }
            var rejected: [RejectedRecord] = []
            if !batch.records.isEmpty {
                let summary = try await send(batch)
                rejected = summary.rejected
                counts.add(summary, sent: batch.records.count)
            }
            counts.bad += batch.faults.count
            try tell(badRecords(of: batch, rejected))
            if let error = batch.error { throw CommandError(error) }
            if batch.isLast { return }
        }
    }

    private nonisolated func readAhead() -> Task<ImportBatch, any Error> {
        let reader = reader
        return Task { try await reader.next() }
    }

    /// Cancelled, it does not wait for a file that has nothing to give.
    private nonisolated func value(of ahead: Task<ImportBatch, any Error>) async throws -> ImportBatch {
        try await withTaskCancellationHandler {
            try await ahead.value
        } onCancel: {
            ahead.cancel()
        }
    }

    // MARK: Calls

    /// Sends a batch, as often as it takes.
    private func send(_ batch: ImportBatch) async throws -> IngestSummary {
        bytes = (bytes.end, batch.consumedBytes)
        current = batch.records.count
        defer {
            sent.set(0)
            current = 0
            bytes.before = bytes.end
        }
        while true {
            do {
                let summary = try await call(batch.records)
                patience.succeeded()
                return summary
            } catch let error as RPCError {
                try await pause(after: error)
            }
        }
    }

    /// On the socket's own thread, which saves two hops a record: making a message of one takes less than a microsecond.
    private nonisolated func call(_ records: [IngestRecord]) async throws -> IngestSummary {
        try await withTaskExecutorPreference(session.client.executor) {
            try await CatalogClient(session.client).ingest(options: session.callOptions(isEndless: true)) { writer in
                for (index, record) in records.enumerated() {
                    try await writer.write(record)
                    sent.set(index + 1)
                }
            }
        }
    }

    /// Waits before the next call, or gives up.
    private func pause(after error: RPCError) async throws {
        try Task.checkCancellation()
        // A server that has never been there is not coming back.
        guard error.code.isPassing, error.code != .unavailable || counts.records > 0 || session.waits else { throw error }
        if !patience.isFailing { line.note("note: \(printable("\(error)")): trying again for \(options.patience)") }
        guard let wait = patience.wait(after: error, .now, random: .random(in: 0..<1)) else { throw error }
        try await Task.sleep(for: wait)
    }

    // MARK: Bad records

    /// Those that were no records and those that the server rejected, in the order of the files.
    private nonisolated func badRecords(of batch: ImportBatch, _ rejected: [RejectedRecord]) -> [BadRecord] {
        var bad: [(before: Int, isRejected: Bool, record: BadRecord)] = batch.faults.map { ($0.before, false, $0.bad) }
        for record in rejected {
            // A position outside the call is a server's fault, and no reason to trap.
            guard let position = Int(exactly: record.position), batch.places.indices.contains(position) else { continue }
            bad.append((position, true, BadRecord(place: batch.places[position], reason: "rejected: \(record.reason)")))
        }
        bad.sort { ($0.before, $0.isRejected ? 1 : 0) < ($1.before, $1.isRejected ? 1 : 0) }
        return bad.map(\.record)
    }

    private func tell(_ bad: [BadRecord]) throws(CommandError) {
        if options.isStrict, let first = bad.first {
            throw CommandError(.incomplete, "\(first.text) (--strict: the import ends here)")
        }
        for record in bad where told < Self.mostTold {
            line.note("note: \(record.text)")
            told += 1
        }
    }
}
