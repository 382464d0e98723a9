internal import Kernels

/// A GGUF file, version 2 or 3, little-endian: metadata and tensors (specification: docs/gguf.md of the ggml project).
///
/// Opening reads the head alone. Whatever the head says is checked against the file before it is believed: no length makes an allocation
/// that the file's own size does not justify, and no tensor lies outside of it. Values are safe to read from any thread.
package struct GGUFFile: Sendable {
    package let file: MappedFile
    package let version: Int
    /// What tensors' offsets are multiples of.
    package let alignment: Int
    private let values: [String: GGUFValue]
    private let tensors: [String: GGUFTensor]
    /// In the file's order.
    package let tensorNames: [String]

    package var path: String { file.path }
    /// All keys, sorted.
    package var keys: [String] { values.keys.sorted() }

    package init(path: String) throws(ModelFileError) { try self.init(MappedFile(path: path)) }

    package init(_ file: MappedFile) throws(ModelFileError) {
        var reader = ByteReader(file)
        guard try reader.integer(UInt32.self, "the magic number") == 0x4655_4747 else {
            throw ModelFileError(file: file.path, offset: 0, "is not a GGUF file: it does not begin with 'GGUF'")
        }
        let version = try reader.integer(UInt32.self, "the version")
        guard version == 2 || version == 3 else {
            let big = version.byteSwapped == 2 || version.byteSwapped == 3
            throw ModelFileError(
                file: file.path, offset: 4,
                big ? "is a big-endian GGUF file; little-endian ones are read" : "is GGUF version \(version); 2 and 3 are read")
        }
        // A tensor's entry takes at least 8 + 4 + 4 + 8 bytes, a key's 8 + 4 + 1.
        let tensorCount = try reader.count(elementBytes: 24, "the number of tensors")
        let keyCount = try reader.count(elementBytes: 13, "the number of keys")
        self.file = file
        self.version = Int(version)
        values = try Self.values(&reader, keyCount)
        alignment = try Self.alignment(values, file)
        (tensors, tensorNames) = try GGUFTensorTable.read(&reader, count: tensorCount, alignment: alignment)
    }

    private static func values(_ reader: inout ByteReader, _ count: Int) throws(ModelFileError) -> [String: GGUFValue] {
        var values: [String: GGUFValue] = [:]
        for index in 0..<count {
            let at = reader.offset
            let key = try reader.string("key \(index)")
            guard values[key] == nil else { throw ModelFileError(file: reader.file.path, offset: at, "the key '\(key)' is there twice") }
            values[key] = try value(&reader, key)
        }
        return values
    }

    private static func value(_ reader: inout ByteReader, _ key: String) throws(ModelFileError) -> GGUFValue {
        switch try type(&reader, key) {
        case .string: return .string(try reader.string("'\(key)'"))
        case .array:
            let type = try type(&reader, key)
            guard type != .array else { throw reader.fault("'\(key)': an array of arrays, which no model's metadata has") }
            let count = try reader.count(elementBytes: type.leastBytes, "the length of '\(key)'")
            let array = GGUFArray(type: type, count: count, file: reader.file, offset: reader.offset, key: key)
            guard type == .string else {
                _ = try reader.slice(count * type.leastBytes, "'\(key)'")
                return .array(array)
            }
            for index in 0..<count {
                let length = try reader.count(elementBytes: 1, "the length of element \(index) of '\(key)'")
                _ = try reader.slice(length, "element \(index) of '\(key)'")
            }
            return .array(array)
        case let scalar: return try reader.scalar(scalar, key)
        }
    }

    private static func type(_ reader: inout ByteReader, _ key: String) throws(ModelFileError) -> GGUFType {
        let at = reader.offset
        let code = try reader.integer(UInt32.self, "the type of '\(key)'")
        guard let type = GGUFType(rawValue: code) else {
            throw ModelFileError(file: reader.file.path, offset: at, "'\(key)': no metadata type has number \(code)")
        }
        return type
    }

    private static func alignment(_ values: [String: GGUFValue], _ file: MappedFile) throws(ModelFileError) -> Int {
        guard let value = values["general.alignment"] else { return 32 }
        guard case .integer(let alignment) = value, alignment >= 8, alignment <= 1 << 20, alignment.nonzeroBitCount == 1 else {
            throw ModelFileError(file: file.path, "'general.alignment' has to be a power of two from 8 to 2^20")
        }
        return Int(alignment)
    }
}

extension GGUFFile {
    /// A tensor by name; an error names it when it is not there.
    package func tensor(_ name: String) throws(ModelFileError) -> GGUFTensor {
        guard let tensor = tensors[name] else { throw ModelFileError(file: path, "there is no tensor '\(name)'") }
        return tensor
    }

    /// A tensor by name that may be missing.
    package func tensorIfPresent(_ name: String) -> GGUFTensor? { tensors[name] }

    package subscript(key key: String) -> GGUFValue? { values[key] }

    package func string(_ key: String) throws(ModelFileError) -> String {
        guard case .string(let value) = try value(key) else { throw mismatch(key, "a string") }
        return value
    }

    package func integer(_ key: String) throws(ModelFileError) -> Int {
        guard case .integer(let value) = try value(key) else { throw mismatch(key, "an integer") }
        return Int(value)
    }

    /// A float; an integer is one too.
    package func float(_ key: String) throws(ModelFileError) -> Double {
        switch try value(key) {
        case .float(let value): return value
        case .integer(let value): return Double(value)
        default: throw mismatch(key, "a float")
        }
    }

    package func bool(_ key: String) throws(ModelFileError) -> Bool {
        guard case .bool(let value) = try value(key) else { throw mismatch(key, "a bool") }
        return value
    }

    package func array(_ key: String) throws(ModelFileError) -> GGUFArray {
        guard case .array(let value) = try value(key) else { throw mismatch(key, "an array") }
        return value
    }

    private func value(_ key: String) throws(ModelFileError) -> GGUFValue {
        guard let value = values[key] else { throw ModelFileError(file: path, "there is no key '\(key)'") }
        return value
    }

    private func mismatch(_ key: String, _ wanted: String) -> ModelFileError {
        ModelFileError(file: path, "'\(key)': \(values[key]?.kind ?? "nothing") where \(wanted) is needed")
    }
}
