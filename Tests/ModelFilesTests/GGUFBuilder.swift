/// Puts GGUF files together, right or wrong as a test wants them.
struct GGUFBuilder {
    var version: UInt32 = 3
    /// Key and everything after it: type and value.
    var keys: [(String, [UInt8])] = []
    /// Name, dimensions (the row's length first), type number, offset in the data.
    var tensors: [(name: String, dimensions: [UInt64], type: UInt32, offset: UInt64)] = []
    var data: [UInt8] = []
    var alignment = 32

    static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    static func string(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + Array(text.utf8) }

    mutating func add(_ key: String, _ value: UInt32) { keys.append((key, Self.bytes(UInt32(4)) + Self.bytes(value))) }
    mutating func add(_ key: String, _ value: Float) { keys.append((key, Self.bytes(UInt32(6)) + Self.bytes(value.bitPattern))) }
    mutating func add(_ key: String, _ value: String) { keys.append((key, Self.bytes(UInt32(8)) + Self.string(value))) }
    mutating func add(_ key: String, _ values: [String]) {
        keys.append((key, Self.bytes(UInt32(9)) + Self.bytes(UInt32(8)) + Self.bytes(UInt64(values.count)) + values.flatMap(Self.string)))
    }
    mutating func add(_ key: String, _ values: [Int32]) {
        keys.append((key, Self.bytes(UInt32(9)) + Self.bytes(UInt32(5)) + Self.bytes(UInt64(values.count)) + values.flatMap(Self.bytes)))
    }

    var head: [UInt8] {
        var bytes = Array("GGUF".utf8) + Self.bytes(version) + Self.bytes(UInt64(tensors.count)) + Self.bytes(UInt64(keys.count))
        for (key, value) in keys { bytes += Self.string(key) + value }
        for tensor in tensors {
            bytes += Self.string(tensor.name) + Self.bytes(UInt32(tensor.dimensions.count)) + tensor.dimensions.flatMap(Self.bytes)
            bytes += Self.bytes(tensor.type) + Self.bytes(tensor.offset)
        }
        return bytes
    }

    var file: [UInt8] {
        let head = head
        return head + [UInt8](repeating: 0, count: (alignment - head.count % alignment) % alignment) + data
    }

    /// Some of everything: keys of several types, a float32 tensor [2, 3] and a Q8_0 tensor of one block.
    static var sample: GGUFBuilder {
        var builder = GGUFBuilder()
        builder.add("general.architecture", "llama")
        builder.add("llama.block_count", UInt32(30))
        builder.add("llama.rope.freq_base", Float(100_000))
        builder.add("tokenizer.ggml.tokens", ["a", "Ġb", "é"])
        builder.add("tokenizer.ggml.token_type", [1, 3, -1])
        builder.keys.append(("flag", bytes(UInt32(7)) + [1]))
        builder.keys.append(("large", bytes(UInt32(10)) + bytes(UInt64.max)))
        builder.tensors = [("weights", [3, 2], 0, 0), ("block", [32], 8, 32)]
        builder.data = (1...6).flatMap { bytes(Float($0).bitPattern) } + [UInt8](repeating: 0, count: 8)
        builder.data += bytes(UInt16(0x3C00)) + (0..<32).map { UInt8(bitPattern: Int8($0 - 16)) }
        return builder
    }
}
