import Datasets
import Synchronization
import Wire

/// What is sent in one call, and what was read around it.
struct ImportBatch: Sendable {
    var records: [IngestRecord] = []
    /// Of each record.
    var places: [RecordPlace] = []
    /// What was no record, with the count of records before it.
    var faults: [(before: Int, bad: BadRecord)] = []
    /// Bytes of the files, compressed as they are, that were read when it was whole.
    var consumedBytes = 0
    /// Why nothing can be read any more.
    var error: DatasetError?
    var isLast = false
}

/// A record that was not taken.
struct BadRecord: Sendable {
    let place: RecordPlace
    let reason: String

    var text: String { printable("\(place): \(reason)") }
}

/// Makes batches of a data set, on a thread of its own. For one task.
final class BatchReader: Sendable {
    /// Of the files, compressed as they are; nil where one does not say.
    let totalBytes: Int?
    private let reader: Mutex<DatasetReader>
    private let stopsAtFault: Bool
    private let queue: BlockingQueue

    private let maxCount: Int
    /// Bytes of a batch's texts: 20,000 reviews have 14 MB as a rule, but one alone may have 2 MiB.
    private static let maxBytes = 16 << 20

    /// - Parameters:
    ///   - maxCount: Of a batch's records.
    ///   - stopsAtFault: Whether the batch with the first fault is the last.
    ///   - open: Runs on the reading thread.
    static func open(
        maxCount: Int, stopsAtFault: Bool, _ open: @escaping @Sendable () throws(DatasetError) -> DatasetReader
    ) async throws -> BatchReader {
        let queue = BlockingQueue("import")
        return try await queue.run { try BatchReader(queue, maxCount, stopsAtFault, open()) }
    }

    private init(_ queue: BlockingQueue, _ maxCount: Int, _ stopsAtFault: Bool, _ reader: sending DatasetReader) {
        self.queue = queue
        self.maxCount = maxCount
        self.stopsAtFault = stopsAtFault
        totalBytes = reader.totalBytes
        self.reader = Mutex(reader)
    }

    func next() async throws -> ImportBatch {
        try await queue.run { self.reader.withLock { reader in self.read(reader) } }
    }

    private func read(_ reader: DatasetReader) -> ImportBatch {
        var batch = ImportBatch(), byteCount = 0
        do throws(DatasetError) {
            while batch.records.count + batch.faults.count < maxCount, byteCount < Self.maxBytes, !batch.isLast {
                switch try reader.next() {
                case .record(let record, let place):
                    batch.records.append(IngestRecord(record: record))
                    batch.places.append(place)
                    byteCount += record.textBytes
                case .fault(let fault, let place):
                    batch.faults.append((batch.records.count, BadRecord(place: place, reason: fault.reason)))
                    batch.isLast = stopsAtFault
                case nil: batch.isLast = true
                }
            }
        } catch {
            batch.error = error
            batch.isLast = true
        }
        batch.consumedBytes = reader.consumedBytes
        return batch
    }
}

extension IngestRecord.Record {
    /// What of it may be long.
    fileprivate var textBytes: Int {
        switch self {
        case .review(let review): review.text.utf8.count + review.summary.utf8.count
        case .item(let item):
            item.title.utf8.count + item.description.utf8.count + item.categories.reduce(0) { $0 + $1.utf8.count }
        case .interaction: 0
        case .rationale(let rationale): rationale.userPreference.utf8.count + rationale.itemAttributes.utf8.count
        }
    }
}
