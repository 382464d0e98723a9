import Foundation
import Kernels
import LlamaModel
import ModelExercises
import ModelFiles
import Testing

/// Damaged and malicious files, through the whole way from the head to a computed step: errors, or numbers, and nothing else. A trap ends
/// the process and so the run. Tests/Fuzz does the same without end.
@Suite struct HostileModelTests {
    private static let names = ["tiny-llama", "tiny-qwen2"]

    private func parts(_ name: String) throws -> GGUFParts { GGUFParts(Array(try GoldenModel.fixture("models/\(name).gguf"))) }
    private func kernels() throws -> Kernels { try Kernels.fromEnvironment(team: ThreadTeam(threads: 1)) }

    /// What loading a model says about it; nil when it loads.
    private func message(_ parts: GGUFParts) throws -> String? {
        do {
            let file = try GGUFFile(MappedFile(parts.file, name: "f"))
            _ = try TokenizerLoading.tokenizer(of: file)
            _ = try LlamaWeights(file, contextLength: 64, kernels: kernels())
            return nil
        } catch let error as ModelFileError { return "\(error)" }
    }

    private static func u32(_ value: UInt32) -> [UInt8] { GGUFParts.bytes(UInt32(4)) + GGUFParts.bytes(value) }
    private static func f32(_ value: Float) -> [UInt8] { GGUFParts.bytes(UInt32(6)) + GGUFParts.bytes(value.bitPattern) }
    private static func text(_ value: String) -> [UInt8] { GGUFParts.bytes(UInt32(8)) + GGUFParts.string(value) }
    private static func strings(_ values: [String]) -> [UInt8] {
        GGUFParts.bytes(UInt32(9)) + GGUFParts.bytes(UInt32(8)) + GGUFParts.bytes(UInt64(values.count)) + values.flatMap(GGUFParts.string)
    }

    @Test("The files that are damaged here are right before it", arguments: names)
    func whole(_ name: String) throws {
        let parts = try parts(name)
        #expect(try Array(GoldenModel.fixture("models/\(name).gguf")) == parts.file)
        for precision in [WeightPrecision.asStored, .float32] {
            #expect(try ModelExercise.run(parts.file, precision, kernels()) == .computed)
        }
    }

    @Test(
        "A value that contradicts the rest is told with its key",
        arguments: [
            ("llama.attention.head_count", u32(0), "'llama.attention.head_count' is 0"),
            ("llama.attention.head_count", u32(1_000), "0 wide"),
            ("llama.attention.head_count", u32(3), "10 wide"),
            ("llama.attention.head_count_kv", u32(0), "'llama.attention.head_count_kv' is 0"),
            ("llama.attention.head_count_kv", u32(2), "'blk.0.attn_k.weight' is [16, 32], not [32, 32]"),
            ("llama.attention.layer_norm_rms_epsilon", f32(.nan), "layer_norm_rms_epsilon' is nan"),
            ("llama.attention.layer_norm_rms_epsilon", f32(0), "layer_norm_rms_epsilon' is 0"),
            ("llama.attention.layer_norm_rms_epsilon", text("x"), "a string where a float is needed"),
            ("llama.attention.value_length", u32(32), "'llama.attention.value_length' is 32 and that of keys 16"),
            ("llama.block_count", u32(0), "'llama.block_count' is 0"),
            ("llama.block_count", u32(2), "there is no tensor 'blk.1.attn_norm.weight'"),
            ("llama.context_length", u32(0), "'llama.context_length' is 0"),
            ("llama.embedding_length", u32(33), "'blk.0.attn_norm.weight' is [1, 32], not [1, 33]"),
            ("llama.embedding_length", u32(.max), "'llama.embedding_length' is 4294967295"),
            ("llama.expert_count", u32(8), "mixtures of experts are not read"),
            ("llama.rope.dimension_count", u32(7), "rotary embedding of 7 numbers"),
            ("llama.rope.freq_base", f32(.infinity), "with base inf"),
            ("llama.rope.scaling.factor", f32(0), "'llama.rope.scaling.factor' is 0"),
            ("llama.rope.scaling.type", text("yarn"), "'llama.rope.scaling.type' is 'yarn'; 'none' and 'linear' are read"),
            ("general.architecture", text("falcon"), "'general.architecture' is 'falcon'; these are read: llama, qwen2"),
            ("tokenizer.ggml.bos_token_id", u32(9_999), "'tokenizer.ggml.bos_token_id' is 9999; the vocabulary has 267 tokens"),
            ("tokenizer.ggml.tokens", strings([]), "'tokenizer.ggml.token_type' has 267 elements, 'tokenizer.ggml.tokens' 0"),
            ("tokenizer.ggml.tokens", strings((0..<300).map { "t\($0)" }), "has 300 elements, 'token_embd.weight' 272 rows"),
            ("tokenizer.ggml.model", text("bert"), "'tokenizer.ggml.model' is 'bert'"),
        ])
    func wrongValues(_ key: String, _ value: [UInt8], _ expected: String) throws {
        var parts = try parts("tiny-llama")
        parts.keys.removeAll { $0.name == key }
        parts.keys.append((key, value))
        let text = try message(parts)
        #expect(text?.contains(expected) == true, "\(text ?? "no error")")
    }

    @Test("Merges of unknown pieces, tensors in each other and blocks that are left over are told")
    func contradictions() throws {
        var parts = try parts("tiny-qwen2")
        parts.keys.removeAll { $0.name == "tokenizer.ggml.merges" }
        parts.keys.append(("tokenizer.ggml.merges", Self.strings(["h e", "zz q"])))
        #expect(try message(parts)?.contains("merge 1, 'zz q': a piece or their union is not in the vocabulary") == true)
        parts = try self.parts("tiny-qwen2")
        parts.tensors[3].offset = parts.tensors[2].offset
        #expect(try message(parts)?.contains("begins within tensor") == true)
        parts = try self.parts("tiny-qwen2")
        let norm = try #require(parts.tensors.firstIndex { $0.name == "output_norm.weight" })
        parts.tensors.append(parts.tensors.remove(at: norm))
        parts.tensors[parts.tensors.count - 1].name = "blk.1.attn_norm.weight"
        #expect(try message(parts)?.contains("'qwen2.block_count' is 1") == true)
        parts = try self.parts("tiny-qwen2")
        parts.tensors.removeAll { $0.name == "blk.0.attn_k.bias" }
        #expect(try message(parts)?.contains("there is no tensor 'blk.0.attn_k.bias'") == true)
    }

    @Test("Cut off anywhere, a file is refused", arguments: names)
    func truncations(_ name: String) throws {
        let whole = try parts(name).file, kernels = try kernels()
        // The data's last bytes are a vector's: none may be missing.
        for length in Array(stride(from: 1, to: whole.count - 1, by: 61)) + [whole.count - 1] {
            #expect(try ModelExercise.run(whole[..<length], .asStored, kernels) == .refused, "\(length) bytes")
        }
    }

    @Test("Bytes and bits that were changed give errors or numbers", arguments: names)
    func bytes(_ name: String) throws {
        let parts = try parts(name), whole = parts.file, kernels = try kernels()
        var random = SeededRandom(state: 1), outcomes: [ModelExercise.Outcome: Int] = [:]
        for number in 0..<1_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<(number % 8 == 0 ? whole.count : parts.headByteCount), using: &random)
                let flipped = bytes[at] ^ UInt8(1) << UInt8.random(in: 0...7, using: &random)
                bytes[at] = Bool.random(using: &random) ? flipped : .random(in: 0...255, using: &random)
            }
            outcomes[try ModelExercise.run(bytes, number % 4 == 0 ? .float32 : .asStored, kernels), default: 0] += 1
        }
        #expect(outcomes.count == 3 && outcomes.values.allSatisfy { $0 > 20 }, "\(outcomes)")
    }

    @Test("Keys and tensors that were changed, swapped or left out give errors or numbers", arguments: names)
    func structure(_ name: String) throws {
        let whole = try parts(name), kernels = try kernels()
        var random = SeededRandom(state: 2), outcomes: [ModelExercise.Outcome: Int] = [:]
        for number in 0..<2_000 {
            var parts = whole
            for _ in 0..<Int.random(in: 1...2, using: &random) { change(&parts, &random) }
            outcomes[try ModelExercise.run(parts.file, number % 4 == 0 ? .float32 : .asStored, kernels), default: 0] += 1
        }
        #expect(outcomes.count == 3 && outcomes.values.allSatisfy { $0 > 20 }, "\(outcomes)")
    }

    private func change(_ parts: inout GGUFParts, _ random: inout SeededRandom) {
        let key = Int.random(in: parts.keys.indices, using: &random), tensor = Int.random(in: parts.tensors.indices, using: &random)
        let other = Int.random(in: parts.tensors.indices, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: parts.keys.remove(at: key)
        case 1...3: parts.keys[key].value = Self.value(&random)
        case 4: parts.keys[key].value = parts.keys.randomElement(using: &random)?.value ?? []
        case 5: parts.tensors.remove(at: tensor)
        case 6: parts.tensors[tensor].dimensions = (0..<Int.random(in: 0...4, using: &random)).map { _ in Self.size(&random) }
        case 7: parts.tensors[tensor].type = .random(in: 0...31, using: &random)
        case 8: parts.tensors[tensor].offset = Self.size(&random) &* 32
        default:
            let name = parts.tensors[tensor].name
            parts.tensors[tensor].name = parts.tensors[other].name
            parts.tensors[other].name = name
        }
    }

    private static func size(_ random: inout SeededRandom) -> UInt64 {
        [0, 1, 2, 15, 16, 31, 32, 33, 64, 256, 272, 1 << 16, 1 << 31, 1 << 32, 1 << 62, 1 << 63, .max].randomElement(using: &random) ?? 0
    }

    /// A value of any type.
    private static func value(_ random: inout SeededRandom) -> [UInt8] {
        let size = size(&random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return u32(UInt32(truncatingIfNeeded: size))
        case 1: return GGUFParts.bytes(UInt32(10)) + GGUFParts.bytes(size)
        case 2: return GGUFParts.bytes(UInt32(11)) + GGUFParts.bytes(size)
        case 3: return f32([0, -1, 1, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, 1e38].randomElement(using: &random) ?? 0)
        case 4: return text(["", "llama", "gpt2", "qwen2", "default", "\u{0}", "linear", "none"].randomElement(using: &random) ?? "")
        case 5: return strings([[], [""], ["a", "a"], ["a b", "b c"], ["<0x41>", "\u{2581}"]].randomElement(using: &random) ?? [])
        case 6: return GGUFParts.bytes(UInt32(9)) + GGUFParts.bytes(UInt32(5)) + GGUFParts.bytes(size)
        default: return GGUFParts.bytes(UInt32(7)) + [1]
        }
    }
}

/// SplitMix64: the same numbers on every run.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
