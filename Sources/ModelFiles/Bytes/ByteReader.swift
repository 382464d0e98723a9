/// Reads little-endian values one after the other, each checked against the end of the file.
struct ByteReader {
    let file: MappedFile
    /// Bytes from the file's beginning.
    private(set) var offset: Int

    init(_ file: MappedFile, at offset: Int = 0) {
        self.file = file
        self.offset = offset
    }

    /// Bytes that are left.
    var remaining: Int { file.bytes.count - offset }

    /// - Parameter what: Names the value in the error.
    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type, _ what: @autoclosure () -> String) throws(ModelFileError) -> Value {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { throw fault("\(what()): the file ends here; \(size) bytes are missing or cut off") }
        defer { offset += size }
        return Value(littleEndian: file.bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// A 64-bit length or count that fits into the rest of the file when each of its elements takes at least `elementBytes`.
    mutating func count(elementBytes: Int, _ what: @autoclosure () -> String) throws(ModelFileError) -> Int {
        let at = offset
        let value = try integer(UInt64.self, what())
        guard value <= UInt64(remaining / elementBytes) else {
            throw ModelFileError(
                file: file.path, offset: at, "\(what()): \(value), more than the \(remaining) bytes that are left of the file can hold")
        }
        return Int(value)
    }

    /// The next bytes, not copied.
    mutating func slice(_ count: Int, _ what: @autoclosure () -> String) throws(ModelFileError) -> UnsafeRawBufferPointer {
        guard count >= 0, remaining >= count else { throw fault("\(what()): \(count) bytes, but \(remaining) are left of the file") }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + count])
    }

    /// A 64-bit length and so many bytes of UTF-8.
    mutating func string(_ what: @autoclosure () -> String) throws(ModelFileError) -> String {
        let at = offset
        let length = try count(elementBytes: 1, "the length of \(what())")
        let bytes = try slice(length, what())
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ModelFileError(file: file.path, offset: at, "\(what()): not valid UTF-8")
        }
        return text
    }

    func fault(_ message: String) -> ModelFileError { ModelFileError(file: file.path, offset: offset, message) }
}
