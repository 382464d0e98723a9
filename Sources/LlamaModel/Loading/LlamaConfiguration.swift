package import ModelFiles

/// The sizes of a decoder-only model of the Llama family, as its GGUF file gives them, checked against each other.
package struct LlamaConfiguration: Sendable {
    package enum Architecture: String, Sendable, CaseIterable {
        /// Llama, Mistral, SmolLM2, TinyLlama: no biases; pairs (2i, 2i + 1) are rotated, for which the file's rows are permuted.
        case llama
        /// Qwen2: biases on q, k and v; pairs (i, i + D/2).
        case qwen2
    }

    package let architecture: Architecture
    package let layers: Int
    /// Numbers in a token's state.
    package let width: Int
    package let feedForward: Int
    /// Query heads, and heads of keys and values, which groups of them share.
    package let heads: Int
    package let keyHeads: Int
    /// Numbers in a head.
    package let headWidth: Int
    package let vocabulary: Int
    /// Positions that the model was made for.
    package let contextLength: Int
    package let normEpsilon: Float
    /// Radians a position of each rotated pair.
    package let rotaryFrequencies: [Double]

    package init(_ file: GGUFFile) throws(ModelFileError) {
        let name = try file.string("general.architecture")
        guard let architecture = Architecture(rawValue: name) else {
            let known = Architecture.allCases.map(\.rawValue).joined(separator: ", ")
            throw ModelFileError(file: file.path, "'general.architecture' is '\(name)'; these are read: \(known)")
        }
        self.architecture = architecture
        layers = try Self.size(file, "\(name).block_count", 1...1_024)
        width = try Self.size(file, "\(name).embedding_length", 1...1 << 16)
        feedForward = try Self.size(file, "\(name).feed_forward_length", 1...1 << 18)
        heads = try Self.size(file, "\(name).attention.head_count", 1...1_024)
        keyHeads = try Self.sizeIfPresent(file, "\(name).attention.head_count_kv", 1...1_024) ?? heads
        contextLength = try Self.size(file, "\(name).context_length", 1...1 << 24)
        normEpsilon = Float(try file.float("\(name).attention.layer_norm_rms_epsilon"))
        headWidth = try Self.sizeIfPresent(file, "\(name).attention.key_length", 1...1_024) ?? width / heads
        vocabulary = try file.tensor("token_embd.weight").rows
        guard heads % keyHeads == 0, heads / keyHeads <= 24, (16...1_024).contains(headWidth), headWidth % 16 == 0 else {
            throw ModelFileError(
                file: file.path,
                "\(heads) heads over \(keyHeads) of keys, \(headWidth) wide: the first has to be a multiple of the second, at most 24-fold, and the width one of 16 up to 1024"
            )
        }
        guard normEpsilon > 0, normEpsilon < 1 else {
            throw ModelFileError(file: file.path, "'\(name).attention.layer_norm_rms_epsilon' is \(normEpsilon)")
        }
        try Self.requireKnownParts(file, name, layers: layers, headWidth: headWidth)
        rotaryFrequencies = try LlamaRotation.frequencies(file, name, headWidth)
    }

    /// Refuses what would be left out of the sums in silence.
    private static func requireKnownParts(_ file: GGUFFile, _ name: String, layers: Int, headWidth: Int) throws(ModelFileError) {
        if let width = try sizeIfPresent(file, "\(name).attention.value_length", 1...1_024), width != headWidth {
            throw ModelFileError(
                file: file.path, "'\(name).attention.value_length' is \(width) and that of keys \(headWidth); equal ones are read")
        }
        if let experts = try sizeIfPresent(file, "\(name).expert_count", 0...1 << 16), experts > 0 {
            throw ModelFileError(file: file.path, "'\(name).expert_count' is \(experts): mixtures of experts are not read")
        }
        if file.tensorIfPresent("blk.\(layers).attn_norm.weight") != nil {
            throw ModelFileError(
                file: file.path, "there is a tensor 'blk.\(layers).attn_norm.weight', and '\(name).block_count' is \(layers)")
        }
    }

    static func sizeIfPresent(_ file: GGUFFile, _ key: String, _ range: ClosedRange<Int>) throws(ModelFileError) -> Int? {
        file[key: key] == nil ? nil : try size(file, key, range)
    }

    private static func size(_ file: GGUFFile, _ key: String, _ range: ClosedRange<Int>) throws(ModelFileError) -> Int {
        let value = try file.integer(key)
        guard range.contains(value) else {
            throw ModelFileError(file: file.path, "'\(key)' is \(value); \(range.lowerBound) to \(range.upperBound) are possible")
        }
        return value
    }
}
