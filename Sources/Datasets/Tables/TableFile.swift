/// A table in a file: rows of cells under a header. For one thread at a time.
final class TableFile {
    enum Row {
        /// As many as the header has. Valid until the next call.
        case cells([RawField])
        case fault(LineFault)
    }

    let path: String
    let file: CompressedFile
    /// The header's cells.
    private(set) var columns: [String] = []
    /// Where the row that came last begins, from 1.
    private(set) var line = 0
    private let window: ByteWindow
    private var scanner: RowScanner
    private var nextLine = 1
    private var lastCount = 0

    /// Opens the file and reads its header. A file without a byte has no columns.
    /// - Throws: `DatasetError`, `unfit` for a header with a column twice.
    init(_ path: String, _ separator: RowScanner.Separator) throws(DatasetError) {
        self.path = path
        file = try CompressedFile(path)
        window = ByteWindow(file)
        scanner = RowScanner(separator)
        try skipByteOrderMark()
        switch try nextRow() {
        case nil: break
        case .fault(let fault): throw DatasetError(.unfit, "\(path), line \(line), the header: \(fault)")
        case .cells(let cells): columns = cells.map(\.string)
        }
        guard scanner.cellCount <= Limits.columnCount else {
            throw DatasetError(.unfit, "\(path), line \(line): the header has more than \(Limits.columnCount) columns")
        }
        var seen: Set<String> = []
        if let twice = columns.first(where: { !seen.insert($0).inserted }) {
            throw DatasetError(.unfit, "\(path), line \(line): the header has the column \(twice) twice: give each its own name")
        }
    }

    /// The next row that is not empty; nil behind the last.
    /// - Throws: `DatasetError`, `unfit` for a quote that is not closed.
    func next() throws(DatasetError) -> Row? {
        guard let row = try nextRow() else { return nil }
        guard case .cells = row, scanner.cellCount != columns.count else { return row }
        return .fault(LineFault("the row has \(scanner.cellCount) cells, and the header \(columns.count)"))
    }

    private func nextRow() throws(DatasetError) -> Row? {
        while true {
            window.drop(lastCount)
            lastCount = 0
            line = nextLine
            let bytes = window.bytes
            if bytes.isEmpty, window.isAtEnd { return nil }
            switch scanner.scan(bytes, isLast: window.isAtEnd) {
            case .row(let byteCount, let lineCount):
                (lastCount, nextLine) = (byteCount, nextLine + lineCount)
                if byteCount > Limits.lineBytes { return .fault(Self.tooLong) }
                if scanner.cells.count == 1, scanner.cells[0].bytes.isEmpty { continue }
                do throws(LineFault) {
                    try UnsafeRawBufferPointer(rebasing: bytes[..<byteCount]).requireUTF8()
                } catch {
                    return .fault(error)
                }
                return .cells(scanner.cells)
            case .textBehindQuote(let byteCount, let lineCount, let cell):
                (lastCount, nextLine) = (byteCount, nextLine + lineCount)
                return .fault(
                    LineFault("cell \(cell) has text behind its closing quote: a quote inside a cell in quotes has to be doubled"))
            case .needsMore(let byteCount, let lineCount, let isInQuotes):
                if window.isAtEnd || bytes.count > Limits.lineBytes {
                    guard !isInQuotes else { throw neverClosed(line + lineCount) }
                    nextLine += lineCount
                    window.drop(byteCount)
                    return try skipLine()
                }
                try fill()
            }
        }
    }

    private static let tooLong = LineFault("the row has more than \(Limits.lineBytes) bytes")

    private func neverClosed(_ line: Int) -> DatasetError {
        let within = window.isAtEnd ? "" : " within \(Limits.lineBytes) bytes"
        return DatasetError(.unfit, "\(path), line \(line): the quote that is opened there is not closed\(within)")
    }

    /// Goes behind the end of a line that is not kept.
    private func skipLine() throws(DatasetError) -> Row {
        nextLine += 1
        while true {
            let bytes = window.bytes
            if let newline = bytes.firstIndex(of: UInt8(ascii: "\n"), from: 0) {
                window.drop(newline + 1)
                break
            }
            window.drop(bytes.count)
            if window.isAtEnd { break }
            try fill()
        }
        return .fault(Self.tooLong)
    }

    private func skipByteOrderMark() throws(DatasetError) {
        while window.bytes.count < 3, !window.isAtEnd { try fill() }
        if window.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { window.drop(3) }
    }

    private func fill() throws(DatasetError) {
        do {
            try window.fill()
        } catch {
            throw DatasetError(error.code, "\(error.message), after line \(nextLine - 1)")
        }
    }
}
