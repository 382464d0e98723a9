import Glibc

/// The lines of a file, in order. For one thread at a time.
struct LineReader: ~Copyable {
    /// The longest line that is taken.
    private static let maxLineBytes = StandardInput.maxMessageBytes

    private let path: String
    private let descriptor: CInt
    private var splitter = LineSplitter()
    private let takesTornLine: Bool
    private var isAtEnd = false
    private var readCount = 0
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    /// Of the line read last, from 1.
    private(set) var number = 0

    /// - Parameter takesTornLine: Whether what stands behind the last end of a line is a line too.
    /// - Throws: `CommandError` with `system`.
    init(path: String, takesTornLine: Bool = true) throws(CommandError) {
        self.path = path
        self.takesTornLine = takesTornLine
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandError(.system, "cannot read \(printable(path)): \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Where the last line is, for errors.
    var place: String { "\(printable(path)), line \(number)" }

    /// Bytes up to the end of that line.
    var offset: Int { readCount - splitter.pendingCount }

    /// The next line that is not blank, without its end; nil behind the last.
    mutating func next() throws(CommandError) -> [UInt8]? {
        while true {
            while let line = splitter.next() {
                number += 1
                if line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) { return line }
            }
            guard !isAtEnd else { return nil }
            guard splitter.pendingCount <= Self.maxLineBytes else {
                throw CommandError(.usage, "\(printable(path)), line \(number + 1) has more than \(Self.maxLineBytes) bytes")
            }
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 {
                readCount += count
                splitter.append(buffer[..<count])
            } else if count == 0 {
                isAtEnd = true
                if takesTornLine { splitter.end() }
            } else if errno != EINTR {
                throw CommandError(.system, "cannot read \(printable(path)): \(String(cString: strerror(errno)))")
            }
        }
    }
}
