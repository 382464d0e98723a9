package import Kernels

/// A tensor of a GGUF file: its shape, and its data in the mapped file.
package struct GGUFTensor: Sendable {
    package let name: String
    package let type: TensorType
    /// Rows, and numbers in a row; a vector is one row. GGUF writes the row's length first; higher dimensions count as rows.
    package let rows: Int
    package let columns: Int
    let file: MappedFile
    /// From the file's beginning.
    package let offset: Int
    package let byteCount: Int

    /// The file's path.
    package var path: String { file.path }

    /// The blocks, as long as the tensor or its file lives.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + byteCount]))
    }

    /// Gives back the memory of its pages, where they are not wanted soon.
    package func giveBack() { file.giveBack(offset..<offset + byteCount) }

    /// All of its numbers as float32, row after row.
    package func floats() -> [Float] {
        withBytes { blocks in
            [Float](unsafeUninitializedCapacity: rows * columns) { out, count in
                count = rows * columns
                type.dequantize(blocks, into: UnsafeMutableBufferPointer(rebasing: out[..<count]))
            }
        }
    }
}
