/// The lines of a file, in order. A line ends with LF; a CR before it is dropped, and so is a byte order mark at the beginning. For one
/// thread at a time.
final class LineFile {
    enum Line {
        /// Without its end; not blank. Valid until the next call.
        case whole(UnsafeRawBufferPointer)
        /// More than `Limits.lineBytes`: not kept.
        case tooLong
    }

    let file: CompressedFile
    /// Of the line that came last, from 1.
    private(set) var number = 0
    private let window: ByteWindow
    /// The bytes of the line that came last, its end included.
    private var lastCount = 0
    private let path: String

    /// - Throws: as `CompressedFile`.
    init(_ path: String) throws(DatasetError) {
        self.path = path
        file = try CompressedFile(path)
        window = ByteWindow(file)
    }

    /// The next line that is not blank; nil behind the last.
    /// - Throws: `DatasetError` with `unreadable`, saying how many lines came before. What of a line came with them is not given out.
    func next() throws(DatasetError) -> Line? {
        while true {
            window.drop(lastCount)
            lastCount = 0
            guard let count = try findEnd() else { return .tooLong }
            guard lastCount > 0 else { return nil }
            let line = trimmed(UnsafeRawBufferPointer(rebasing: window.bytes[..<count]))
            if line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) { return .whole(line) }
        }
    }

    /// Counts the line at the beginning of the window and sets `lastCount`: 0 at the end of the file.
    /// - Returns: The bytes before its end; nil where they are too many, which are dropped then.
    private func findEnd() throws(DatasetError) -> Int? {
        var searched = 0
        while true {
            let bytes = window.bytes
            if let newline = bytes.firstIndex(of: UInt8(ascii: "\n"), from: searched) {
                number += 1
                lastCount = newline + 1
                return newline > Limits.lineBytes ? nil : newline
            }
            searched = bytes.count
            if window.isAtEnd {
                if !bytes.isEmpty { number += 1 }
                lastCount = bytes.count
                return bytes.count > Limits.lineBytes ? nil : bytes.count
            }
            guard searched <= Limits.lineBytes else {
                try skipLine()
                return nil
            }
            try fill()
        }
    }

    private func skipLine() throws(DatasetError) {
        number += 1
        while true {
            let bytes = window.bytes
            if let newline = bytes.firstIndex(of: UInt8(ascii: "\n"), from: 0) { return window.drop(newline + 1) }
            window.drop(bytes.count)
            if window.isAtEnd { return }
            try fill()
        }
    }

    private func fill() throws(DatasetError) {
        do {
            try window.fill()
        } catch {
            throw DatasetError(error.code, "\(error.message), after line \(number)")
        }
    }

    private func trimmed(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var line = line[...]
        if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        return UnsafeRawBufferPointer(rebasing: line)
    }
}
