internal import Wire

/// A part of a data set: a file, as a rule. Blocking; for one thread at a time.
protocol RecordSource: AnyObject {
    /// Nil at the end.
    /// - Throws: `DatasetError` where nothing can be read any more.
    func next() throws(DatasetError) -> DatasetEntry?

    /// Bytes on disk that were read so far.
    var consumedBytes: Int { get }

    /// Bytes on disk; nil where that is not known.
    var totalBytes: Int? { get }
}

/// The records of a file that has one a line.
final class LineRecords<Parser: LineParser>: RecordSource {
    private let path: String
    private let lines: LineFile
    private var parser: Parser

    /// - Throws: as `CompressedFile`.
    init(_ path: String, _ parser: Parser) throws(DatasetError) {
        self.path = path
        self.parser = parser
        lines = try LineFile(path)
    }

    var consumedBytes: Int { lines.file.consumedBytes }
    var totalBytes: Int? { lines.file.totalBytes }

    func next() throws(DatasetError) -> DatasetEntry? {
        guard let line = try lines.next() else { return nil }
        let place = RecordPlace(file: path, line: lines.number)
        switch line {
        case .tooLong: return .fault(LineFault("the line has more than \(Limits.lineBytes) bytes"), at: place)
        case .whole(let bytes):
            do throws(LineFault) {
                try bytes.requireUTF8()
                return .record(try parser.record(of: bytes), at: place)
            } catch {
                return .fault(error, at: place)
            }
        }
    }
}
