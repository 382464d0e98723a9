/// The types of GGUF metadata; raw values as in the file.
package enum GGUFType: UInt32, Sendable {
    case uint8 = 0
    case int8 = 1
    case uint16 = 2
    case int16 = 3
    case uint32 = 4
    case int32 = 5
    case float32 = 6
    case bool = 7
    case string = 8
    case array = 9
    case uint64 = 10
    case int64 = 11
    case float64 = 12

    /// The least that a value takes in the file.
    var leastBytes: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64, .string: 8
        case .array: 12
        }
    }
}

/// A value of GGUF metadata. Integers of all widths are one kind, as are the two floats: writers differ in what they choose.
package enum GGUFValue: Sendable {
    case integer(Int64)
    /// A 64-bit unsigned number beyond Int64.
    case unsigned(UInt64)
    case float(Double)
    case bool(Bool)
    case string(String)
    case array(GGUFArray)

    /// The kind, for messages.
    var kind: String {
        switch self {
        case .integer: "an integer"
        case .unsigned(let value): "\(value)"
        case .float: "a float"
        case .bool: "a bool"
        case .string: "a string"
        case .array(let array): "an array of \(array.count) \(array.type)"
        }
    }
}

/// An array of GGUF metadata, which stays in the file until it is asked for: a vocabulary has hundreds of thousands of strings.
package struct GGUFArray: Sendable {
    package let type: GGUFType
    package let count: Int
    let file: MappedFile
    /// Where the elements begin. They were gone through once: what is read here is all there.
    let offset: Int
    let key: String

    package func strings() throws(ModelFileError) -> [String] {
        guard type == .string else { throw mismatch("strings") }
        var reader = ByteReader(file, at: offset), result: [String] = []
        result.reserveCapacity(count)
        for index in 0..<count { result.append(try reader.string("element \(index) of '\(key)'")) }
        return result
    }

    /// The bytes of each string as they are, of any content.
    package func stringBytes() throws(ModelFileError) -> [[UInt8]] {
        guard type == .string else { throw mismatch("strings") }
        var reader = ByteReader(file, at: offset), result: [[UInt8]] = []
        result.reserveCapacity(count)
        for index in 0..<count {
            let length = try reader.count(elementBytes: 1, "the length of element \(index) of '\(key)'")
            result.append(Array(try reader.slice(length, "element \(index) of '\(key)'")))
        }
        return result
    }

    package func integers() throws(ModelFileError) -> [Int] {
        var reader = ByteReader(file, at: offset), result: [Int] = []
        result.reserveCapacity(count)
        for _ in 0..<count {
            guard case .integer(let value) = try reader.scalar(type, key) else { throw mismatch("integers") }
            result.append(Int(value))
        }
        return result
    }

    package func floats() throws(ModelFileError) -> [Float] {
        var reader = ByteReader(file, at: offset), result: [Float] = []
        result.reserveCapacity(count)
        for _ in 0..<count {
            guard case .float(let value) = try reader.scalar(type, key) else { throw mismatch("floats") }
            result.append(Float(value))
        }
        return result
    }

    private func mismatch(_ wanted: String) -> ModelFileError {
        ModelFileError(file: file.path, offset: offset, "'\(key)': an array of \(type), where \(wanted) are needed")
    }
}

extension ByteReader {
    /// A value that is neither a string nor an array.
    mutating func scalar(_ type: GGUFType, _ key: String) throws(ModelFileError) -> GGUFValue {
        switch type {
        case .uint8: return .integer(Int64(try integer(UInt8.self, "'\(key)'")))
        case .int8: return .integer(Int64(try integer(Int8.self, "'\(key)'")))
        case .uint16: return .integer(Int64(try integer(UInt16.self, "'\(key)'")))
        case .int16: return .integer(Int64(try integer(Int16.self, "'\(key)'")))
        case .uint32: return .integer(Int64(try integer(UInt32.self, "'\(key)'")))
        case .int32: return .integer(Int64(try integer(Int32.self, "'\(key)'")))
        case .int64: return .integer(try integer(Int64.self, "'\(key)'"))
        case .uint64:
            let value = try integer(UInt64.self, "'\(key)'")
            return Int64(exactly: value).map { .integer($0) } ?? .unsigned(value)
        case .float32: return .float(Double(Float(bitPattern: try integer(UInt32.self, "'\(key)'"))))
        case .float64: return .float(Double(bitPattern: try integer(UInt64.self, "'\(key)'")))
        case .bool:
            let value = try integer(UInt8.self, "'\(key)'")
            guard value <= 1 else { throw fault("'\(key)': a bool of \(value)") }
            return .bool(value == 1)
        case .string, .array: throw fault("'\(key)': \(type) where a number is needed")
        }
    }
}
