internal import CKernels

/// The storage types of GGUF tensors that rdrec reads; raw values as in the files.
package enum TensorType: UInt32, Sendable, CaseIterable {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q4_K = 12
    case q5_K = 13
    case q6_K = 14
    case bf16 = 30

    /// Weights in a block: 1, 32 or 256. A row's length is a multiple of it.
    package var blockWeights: Int { ck_block_weights(raw) }
    /// Bytes of a block.
    package var blockByteCount: Int { ck_block_bytes(raw) }
    /// Bytes of `count` weights, a multiple of ``blockWeights``.
    package func byteCount(_ count: Int) -> Int { count / blockWeights * blockByteCount }

    /// The weights as float32, bit for bit as ggml's dequantisers give them.
    ///
    /// - Parameters:
    ///   - blocks: The blocks, all of them there, of any alignment.
    ///   - out: A multiple of ``blockWeights`` numbers.
    package func dequantize(_ blocks: UnsafeRawBufferPointer, into out: UnsafeMutableBufferPointer<Float>) {
        Shapes.require(
            out.count % blockWeights == 0 && blocks.count == byteCount(out.count), "dequantize",
            "\(blocks.count) bytes of \(self) for \(out.count) weights; it takes \(blockByteCount) bytes for \(blockWeights)")
        guard let from = blocks.baseAddress, let to = out.baseAddress else { return }
        ck_dequantize(raw, from, out.count, to)
    }

    private var raw: ck_tensor_type { ck_tensor_type(rawValue) }

    /// The panels' format of a quantised type; nil for the types that are not.
    var weightFormat: ck_weight_format? {
        switch self {
        case .f32, .f16, .bf16: nil
        case .q4_0: CK_WEIGHTS_4_0
        case .q4_1: CK_WEIGHTS_4_1
        case .q5_0: CK_WEIGHTS_5_0
        case .q5_1: CK_WEIGHTS_5_1
        case .q8_0: CK_WEIGHTS_8_0
        case .q4_K: CK_WEIGHTS_4_K
        case .q5_K: CK_WEIGHTS_5_K
        case .q6_K: CK_WEIGHTS_6_K
        }
    }
}
