internal import Wire

/// Reads a data set from end to end in constant memory, and gives out its records in order, each with its place.
///
/// Not Sendable: for one thread at a time. Its calls block on the disk, so that they belong on a thread that may, not in a task.
package final class DatasetReader {
    private let sources: [any RecordSource]
    private var current = 0

    /// Opens all files of the data set and looks at their headers.
    /// - Throws: `DatasetError`, `unreadable` for a file, `unfit` for what is not of the format.
    package init(_ format: DatasetFormat, path: String) throws(DatasetError) {
        switch format {
        case .amazon: sources = [try LineRecords(path, ObjectLines(RecordFields.amazonTable, Self.amazon))]
        case .amazonCSV:
            let required = [["reviewerID"], ["asin"], ["overall"], ["unixReviewTime"]]
            sources = [try TableRecords(try TableFile(path, .comma), RecordFields.amazonTable, required: required, Self.amazon)]
        case .p5: sources = try P5.sources(path)
        case .recBole: sources = try RecBole.sources(path)
        case .csv(let names, let unit):
            // What was asked for by name has to be there.
            let required = [names.item.map { [$0] } ?? ["item_id", "itemId", "item"]] + names.given.map { [$0] }
            sources = [try TableRecords(try TableFile(path, .comma), try names.table(unit), required: required, Self.named)]
        case .jsonLines(let names, let unit): sources = [try LineRecords(path, ObjectLines(try names.table(unit), Self.named))]
        }
    }

    private static func amazon(_ fields: borrowing RecordFields) throws(LineFault) -> IngestRecord.Record { try fields.amazonRecord() }

    private static func named(_ fields: borrowing RecordFields) throws(LineFault) -> IngestRecord.Record { try fields.namedRecord() }

    /// Reads a file of lines of another format: `parser` makes the records.
    /// - Throws: `DatasetError` with `unreadable`.
    package init(_ parser: some LineParser, path: String) throws(DatasetError) {
        sources = [try LineRecords(path, parser)]
    }

    /// The next record, or what is wrong with it; nil at the end.
    /// - Throws: `DatasetError` where nothing can be read any more: a file that is damaged from there on, a quote that is not closed. All
    ///   records before that were given out.
    package func next() throws(DatasetError) -> DatasetEntry? {
        while current < sources.count {
            if let entry = try sources[current].next() { return entry }
            current += 1
        }
        return nil
    }

    /// Bytes on disk, compressed as they are, that were read so far, of all files together.
    package var consumedBytes: Int { sources.reduce(0) { $0 + $1.consumedBytes } }

    /// The bytes that it will have been at the end; nil where a file does not say, as a pipe.
    package var totalBytes: Int? {
        var total = 0
        for source in sources {
            guard let bytes = source.totalBytes else { return nil }
            total += bytes
        }
        return total
    }
}
