internal import Kernels

/// The element types of safetensors that occur in models; raw values as in the file.
package enum SafetensorsType: String, Sendable, CaseIterable {
    case f64 = "F64"
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case i64 = "I64"
    case i32 = "I32"
    case i16 = "I16"
    case i8 = "I8"
    case u8 = "U8"
    case bool = "BOOL"

    package var byteCount: Int {
        switch self {
        case .f64, .i64: 8
        case .f32, .i32: 4
        case .f16, .bf16, .i16: 2
        case .i8, .u8, .bool: 1
        }
    }
}

/// A tensor of a safetensors file: its shape, row-major, and its data in the mapped file.
package struct SafetensorsTensor: Sendable {
    package let name: String
    package let type: SafetensorsType
    /// Empty for a single number.
    package let shape: [Int]
    let file: MappedFile
    let offset: Int
    package let byteCount: Int

    /// How many numbers it has.
    package var count: Int { byteCount / type.byteCount }

    /// The data, as long as the tensor or its file lives; of any alignment.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + byteCount]))
    }

    /// All numbers of a floating-point tensor as float32.
    package func floats() throws(ModelFileError) -> [Float] {
        let type: TensorType
        switch self.type {
        case .f32: type = .f32
        case .f16: type = .f16
        case .bf16: type = .bf16
        default:
            throw ModelFileError(
                file: file.path, offset: offset, "tensor '\(name)': \(self.type.rawValue) where F32, F16 or BF16 is needed")
        }
        return withBytes { bytes in
            [Float](unsafeUninitializedCapacity: count) { out, filled in
                filled = count
                type.dequantize(bytes, into: UnsafeMutableBufferPointer(rebasing: out[..<count]))
            }
        }
    }

    /// All numbers of an integer tensor.
    package func integers() throws(ModelFileError) -> [Int] {
        func read<Value: FixedWidthInteger>(_ type: Value.Type) -> [Int] {
            withBytes { bytes in
                (0..<count).map {
                    Int(Value(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Value>.size, as: Value.self)))
                }
            }
        }
        switch type {
        case .i64: return read(Int64.self)
        case .i32: return read(Int32.self)
        case .i16: return read(Int16.self)
        case .i8: return read(Int8.self)
        case .u8, .bool: return read(UInt8.self)
        default: throw ModelFileError(file: file.path, offset: offset, "tensor '\(name)': \(type.rawValue) where integers are needed")
        }
    }
}
