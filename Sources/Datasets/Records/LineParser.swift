package import Wire

/// Makes a record of a line.
package protocol LineParser {
    /// - Parameter line: UTF-8, without the line's end, not blank. Not valid any more afterwards.
    mutating func record(of line: UnsafeRawBufferPointer) throws(LineFault) -> IngestRecord.Record
}
