/// The objects of a JSON document that is a list of objects, or an object of such lists: one after the other, so that the document need
/// not fit in memory. What is inside each is for its reader to check. For one thread at a time.
final class ElementFile {
    let file: CompressedFile
    /// Where the object that came last begins, from 1.
    private(set) var line = 1
    private let path: String
    private let window: ByteWindow
    private var nextLine = 1
    private var lastCount = 0
    /// The brackets around the objects, outermost first.
    private var open: [UInt8] = []
    private var isWhole = false

    /// - Throws: as `CompressedFile`.
    init(_ path: String) throws(DatasetError) {
        self.path = path
        file = try CompressedFile(path)
        window = ByteWindow(file)
    }

    /// The bytes of the next object; nil behind the last. Valid until the next call.
    /// - Throws: `DatasetError`, `unfit` for a document of another form.
    func next() throws(DatasetError) -> UnsafeRawBufferPointer? {
        drop(lastCount)
        lastCount = 0
        while let byte = try peek() {
            switch Unicode.Scalar(byte) {
            case " ", "\t", "\r", "\n": drop(1)
            case _ where isWhole: throw unexpected(byte)
            case _ where byte == UInt8(ascii: ",") || byte == UInt8(ascii: ":"):
                guard !open.isEmpty else { throw unexpected(byte) }
                drop(1)
            case "[" where open.count < 2 && open.last != UInt8(ascii: "["):
                open.append(byte)
                drop(1)
            case "{" where open.isEmpty:
                open.append(byte)
                drop(1)
            case "{" where open.last == UInt8(ascii: "["):
                line = nextLine
                lastCount = try objectCount()
                return UnsafeRawBufferPointer(rebasing: window.bytes[..<lastCount])
            case "]" where open.last == UInt8(ascii: "["): close()
            case "}" where open.last == UInt8(ascii: "{"): close()
            case "\"" where open.last == UInt8(ascii: "{"): drop(try textCount(from: 0))
            default: throw unexpected(byte)
            }
        }
        guard isWhole || nextLine == 1 && open.isEmpty else {
            throw DatasetError(.unfit, "\(path) ends in line \(nextLine) before its lists do")
        }
        return nil
    }

    private func close() {
        open.removeLast()
        isWhole = open.isEmpty
        drop(1)
    }

    private func unexpected(_ byte: UInt8) -> DatasetError {
        let found = "byte 0x\(String(byte, radix: 16))"
        return DatasetError(.unfit, "\(path), line \(nextLine): expected a list of objects or an object of such lists, found \(found)")
    }

    private func peek() throws(DatasetError) -> UInt8? {
        while window.bytes.isEmpty, !window.isAtEnd { try window.fill() }
        return window.bytes.first
    }

    private func drop(_ count: Int) {
        nextLine += window.bytes[..<count].count { $0 == UInt8(ascii: "\n") }
        window.drop(count)
    }

    private func byte(at index: Int) throws(DatasetError) -> UInt8 {
        while index >= window.bytes.count {
            guard !window.isAtEnd else { throw DatasetError(.unfit, "\(path) ends inside what begins in line \(nextLine)") }
            guard index <= Limits.lineBytes else {
                throw DatasetError(.unfit, "\(path), line \(nextLine): what begins there has more than \(Limits.lineBytes) bytes")
            }
            try window.fill()
        }
        return window.bytes[index]
    }

    /// Bytes of the text whose quote stands at `start`.
    private func textCount(from start: Int) throws(DatasetError) -> Int {
        var index = start + 1
        while true {
            switch try byte(at: index) {
            case UInt8(ascii: "\""): return index + 1 - start
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
    }

    /// Bytes of the object at the front: to the bracket that closes it.
    private func objectCount() throws(DatasetError) -> Int {
        var index = 0, depth = 0
        while true {
            switch try byte(at: index) {
            case UInt8(ascii: "\""): index += try textCount(from: index)
            case UInt8(ascii: "{"):
                depth += 1
                index += 1
            case UInt8(ascii: "}"):
                depth -= 1
                index += 1
                if depth == 0 { return index }
            default: index += 1
            }
        }
    }
}
