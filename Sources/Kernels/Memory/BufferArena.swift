/// Cuts buffers that live as long as each other out of large ones, so that a model's hundreds of matrices share huge pages. For one
/// thread at a time.
package final class BufferArena {
    private let chunkByteCount: Int
    private var chunk: AlignedBuffer?
    private var used = 0

    /// - Parameter chunkByteCount: What is asked of the system at a time; of the last chunk some may stay untouched.
    package init(chunkByteCount: Int = 32 << 20) { self.chunkByteCount = chunkByteCount }

    func buffer(byteCount: Int) -> AlignedBuffer {
        let size = max(AlignedBuffer.rounded(byteCount), AlignedBuffer.alignment)
        if size > chunkByteCount / 2 { return AlignedBuffer(byteCount: size) }
        if let chunk, used + size <= chunk.byteCount {
            defer { used += size }
            return AlignedBuffer(of: chunk, from: used, byteCount: size)
        }
        let next = AlignedBuffer(byteCount: chunkByteCount)
        (chunk, used) = (next, size)
        return AlignedBuffer(of: next, from: 0, byteCount: size)
    }
}
