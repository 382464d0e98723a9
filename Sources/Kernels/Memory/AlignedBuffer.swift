internal import Glibc

/// Memory on a cache line's boundary, owned and freed by its one holder. Not initialised.
///
/// Large buffers ask the system for huge pages: streaming through a model's weights in pages of 4 KiB costs a translation each, and the
/// processor's prefetchers stop at their ends.
package final class AlignedBuffer: @unchecked Sendable {
    // What is written where and when is the holder's affair; the pointer itself never changes.
    package let bytes: UnsafeMutableRawPointer
    /// A multiple of ``alignment``, at least what was asked for.
    package let byteCount: Int
    /// The buffer that this one is a piece of; it frees the memory.
    private let whole: AlignedBuffer?

    /// A cache line, and the widest vector.
    package static let alignment = 64
    /// The system's huge page.
    static let hugePageBytes = 2 << 20

    /// Stops the program when there is no memory: what is asked for is planned, and bounded by configuration.
    package init(byteCount: Int) {
        Shapes.require(byteCount >= 0, "AlignedBuffer", "\(byteCount) bytes")
        self.byteCount = max(Self.rounded(byteCount), Self.alignment)
        whole = nil
        let isLarge = self.byteCount >= 2 * Self.hugePageBytes
        var bytes: UnsafeMutableRawPointer?
        let status = posix_memalign(&bytes, isLarge ? Self.hugePageBytes : Self.alignment, self.byteCount)
        guard status == 0, let bytes else { fatalError("Kernels: AlignedBuffer: no memory for \(self.byteCount) bytes") }
        // Advice: where the system has no huge pages to give, all goes on without.
        if isLarge { madvise(bytes, self.byteCount / Self.hugePageBytes * Self.hugePageBytes, MADV_HUGEPAGE) }
        self.bytes = bytes
    }

    /// A piece of another buffer.
    init(of whole: AlignedBuffer, from offset: Int, byteCount: Int) {
        Shapes.require(
            offset >= 0 && offset % Self.alignment == 0 && byteCount >= 0 && offset + byteCount <= whole.byteCount, "AlignedBuffer",
            "\(byteCount) bytes from \(offset) on, of \(whole.byteCount)")
        self.byteCount = byteCount
        self.whole = whole
        bytes = whole.bytes + offset
    }

    deinit { if whole == nil { free(bytes) } }

    /// The next multiple of ``alignment``.
    static func rounded(_ byteCount: Int) -> Int { (byteCount + alignment - 1) / alignment * alignment }
}
