/// Reads protobuf's wire format (https://protobuf.dev/programming-guides/encoding/) field by field, inside bounds.
/// What it refuses is what Protos/PROTOCOL.md, 2.1 refuses.
struct WireReader {
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case delimited(WireReader)

        var wireType: Int {
            switch self {
            case .varint: 0
            case .fixed64: 1
            case .delimited: 2
            case .fixed32: 5
            }
        }
    }

    struct Field {
        let number: UInt32
        let value: Value
        /// Of the tag, from the start of the outermost message.
        let offset: Int
    }

    /// What is wrong with the bytes, and where.
    struct Failure: Error {
        let offset: Int
        let reason: String
    }

    private let bytes: [UInt8]
    private(set) var offset: Int
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        offset = 0
        end = bytes.count
    }

    private init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { offset == end }
    /// What is left, which is everything when nothing was read yet.
    var rest: ArraySlice<UInt8> { bytes[offset..<end] }

    /// The next field, nil at the end.
    mutating func next() throws(Failure) -> Field? {
        guard !isAtEnd else { return nil }
        let start = offset
        let tag = try varint32("tag")
        let number = tag >> 3
        guard number > 0 else { throw Failure(offset: start, reason: "field number 0") }
        let value: Value
        switch tag & 7 {
        case 0: value = .varint(try varint())
        case 1: value = .fixed64(try fixed64())
        case 2:
            let lengthOffset = offset
            let length = Int(try varint32("length"))
            guard length <= end - offset else {
                throw Failure(offset: lengthOffset, reason: "a length of \(length) bytes where \(end - offset) are left")
            }
            value = .delimited(WireReader(bytes, offset..<offset + length))
            offset += length
        case 5: value = .fixed32(try fixed32())
        case let type: throw Failure(offset: start, reason: "wire type \(type) of field \(number) is not used")
        }
        return Field(number: number, value: value, offset: start)
    }

    mutating func varint() throws(Failure) -> UInt64 {
        let start = offset
        var result: UInt64 = 0
        for shift in stride(from: 0, through: 63, by: 7) {
            guard offset < end else { throw Failure(offset: start, reason: "a varint is cut") }
            let byte = bytes[offset]
            offset += 1
            // The tenth byte has room for the 64th bit alone.
            guard shift < 63 || byte <= 1 else { break }
            result |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return result }
        }
        throw Failure(offset: start, reason: "a varint of more than 64 bits")
    }

    mutating func fixed32() throws(Failure) -> UInt32 { UInt32(try fixed(byteCount: 4)) }

    mutating func fixed64() throws(Failure) -> UInt64 { try fixed(byteCount: 8) }

    private mutating func fixed(byteCount: Int) throws(Failure) -> UInt64 {
        guard end - offset >= byteCount else { throw Failure(offset: offset, reason: "a number of \(byteCount) bytes is cut") }
        var result: UInt64 = 0
        for index in 0..<byteCount { result |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        offset += byteCount
        return result
    }

    private mutating func varint32(_ what: String) throws(Failure) -> UInt32 {
        let start = offset
        let value = try varint()
        guard offset - start <= 5, let result = UInt32(exactly: value) else {
            throw Failure(offset: start, reason: "a \(what) of more than 32 bits")
        }
        return result
    }
}
