package import Wire

/// What a reader comes upon next.
package enum DatasetEntry: Sendable, Hashable {
    case record(IngestRecord.Record, at: RecordPlace)
    /// A record that cannot be taken. Reading goes on behind it.
    case fault(LineFault, at: RecordPlace)
}

/// Where a record begins.
package struct RecordPlace: Sendable, Hashable, CustomStringConvertible {
    /// The path as it was opened.
    package let file: String
    /// From 1, in the decompressed file. A record of many lines is where its first one is.
    package let line: Int

    package init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    package var description: String { "\(file), line \(line)" }
}
