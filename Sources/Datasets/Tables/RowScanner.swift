/// Finds the cells of a table's row. Pure.
///
/// Comma-separated values are those of RFC 4180: a cell in quotes may have commas, line breaks and doubled quotes in it; a quote inside a
/// cell without quotes is a character like others. Cells that tabs separate have no quotes. Rows end with LF or CR LF.
struct RowScanner {
    enum Separator: UInt8 {
        case comma = 0x2C
        case tab = 0x09
    }

    enum Outcome {
        /// The row has so many bytes, its end included, and goes over so many ends of lines.
        case row(byteCount: Int, lineCount: Int)
        /// As `row`, but what is between quotes goes on behind them: in the cell of this number, from 1.
        case textBehindQuote(byteCount: Int, lineCount: Int, cell: Int)
        /// The row goes on behind these bytes. So many of them, and of ends of lines, stand before the cell that is not whole.
        case needsMore(byteCount: Int, lineCount: Int, isInQuotes: Bool)
    }

    let separator: Separator
    /// Of the row that was found last, up to `Limits.columnCount`. Their bytes are those that it was found in.
    private(set) var cells: [RawField] = []
    /// How many there were.
    private(set) var cellCount = 0

    init(_ separator: Separator) { self.separator = separator }

    /// - Parameter isLast: Whether nothing follows `bytes`: a row need not have an end there.
    mutating func scan(_ bytes: UnsafeRawBufferPointer, isLast: Bool) -> Outcome {
        let newline = UInt8(ascii: "\n"), quote = UInt8(ascii: "\"")
        cells.removeAll(keepingCapacity: true)
        cellCount = 0
        var index = 0, lineCount = 0, badCell: Int?
        while true {
            var start = index, escapes = RawField.Escapes.none
            var end: Int?
            if separator == .comma, index < bytes.count, bytes[index] == quote {
                let more = Outcome.needsMore(byteCount: index, lineCount: lineCount, isInQuotes: true)
                index += 1
                start = index
                while true {
                    while index < bytes.count, bytes[index] != quote {
                        if bytes[index] == newline { lineCount += 1 }
                        index += 1
                    }
                    guard index < bytes.count else { return more }
                    // What follows tells whether the quote is doubled.
                    guard index + 1 < bytes.count || isLast else { return more }
                    index += 1
                    guard index < bytes.count, bytes[index] == quote else { break }
                    escapes = .doubledQuotes
                    index += 1
                }
                end = index - 1
            }
            let plain = index
            while index < bytes.count, bytes[index] != separator.rawValue, bytes[index] != newline { index += 1 }
            guard index < bytes.count || isLast else {
                return .needsMore(byteCount: plain, lineCount: lineCount, isInQuotes: false)
            }
            let isEndOfRow = index == bytes.count || bytes[index] == newline
            var plainEnd = index
            if isEndOfRow, plainEnd > plain, bytes[plainEnd - 1] == UInt8(ascii: "\r") { plainEnd -= 1 }
            if end != nil, plainEnd > plain { badCell = badCell ?? cellCount + 1 }
            cellCount += 1
            if cellCount <= Limits.columnCount {
                let bytes = UnsafeRawBufferPointer(rebasing: bytes[start..<(end ?? plainEnd)])
                cells.append(RawField(kind: .text, escapes: escapes, bytes: bytes))
            }
            guard isEndOfRow else {
                index += 1
                continue
            }
            if index < bytes.count { index += 1 }
            lineCount += 1
            return badCell.map { .textBehindQuote(byteCount: index, lineCount: lineCount, cell: $0) }
                ?? .row(byteCount: index, lineCount: lineCount)
        }
    }
}
