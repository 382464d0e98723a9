/// A GGUF file taken to pieces, which can be put together again with some of them wrong. For files that are known to be right.
struct GGUFParts {
    struct Tensor {
        var name: String
        var dimensions: [UInt64]
        var type: UInt32
        var offset: UInt64
    }
    /// Names, and type and value as in the file.
    var keys: [(name: String, value: [UInt8])] = []
    var tensors: [Tensor] = []
    private let data: ArraySlice<UInt8>

    init(_ file: [UInt8]) {
        var at = 8
        func integer<Value: FixedWidthInteger>(_ type: Value.Type) -> Value {
            defer { at += MemoryLayout<Value>.size }
            return file.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: Value.self)) }
        }
        func string() -> String {
            let count = Int(integer(UInt64.self))
            defer { at += count }
            return String(decoding: file[at..<at + count], as: UTF8.self)
        }
        func skip(_ type: UInt32) {
            switch type {
            case 8: _ = string()
            case 9:
                let element = integer(UInt32.self), count = integer(UInt64.self)
                for _ in 0..<count { skip(element) }
            default: at += [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8][Int(type)]
            }
        }
        let tensorCount = integer(UInt64.self), keyCount = integer(UInt64.self)
        for _ in 0..<keyCount {
            let name = string(), from = at
            skip(integer(UInt32.self))
            keys.append((name, Array(file[from..<at])))
        }
        for _ in 0..<tensorCount {
            let name = string(), count = integer(UInt32.self)
            tensors.append(
                Tensor(
                    name: name, dimensions: (0..<count).map { _ in integer(UInt64.self) }, type: integer(UInt32.self),
                    offset: integer(UInt64.self)))
        }
        data = file[((at + 31) / 32 * 32)...]
    }

    static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    static func string(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + Array(text.utf8) }

    /// Where the data begins.
    var headByteCount: Int { file.count - data.count }

    var file: [UInt8] {
        var bytes = Array("GGUF".utf8) + Self.bytes(UInt32(3)) + Self.bytes(UInt64(tensors.count)) + Self.bytes(UInt64(keys.count))
        for (name, value) in keys { bytes += Self.string(name) + value }
        for tensor in tensors {
            bytes += Self.string(tensor.name) + Self.bytes(UInt32(tensor.dimensions.count)) + tensor.dimensions.flatMap(Self.bytes)
            bytes += Self.bytes(tensor.type) + Self.bytes(tensor.offset)
        }
        return bytes + [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32) + data
    }
}
