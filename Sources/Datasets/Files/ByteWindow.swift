/// The part of a file that is looked at: bytes are added behind and dropped in front. It grows only where what is looked at does not fit.
/// For one thread at a time.
final class ByteWindow {
    let file: CompressedFile
    /// Whether the file has no more than `bytes`.
    private(set) var isAtEnd = false
    private var storage: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    private static let initialBytes = 256 << 10

    init(_ file: CompressedFile) {
        self.file = file
        storage = .allocate(byteCount: Self.initialBytes, alignment: 16)
    }

    deinit { storage.deallocate() }

    /// Valid until the next call of `fill`.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[start..<end]) }

    /// Drops bytes in front.
    func drop(_ count: Int) { start += count }

    /// Reads more, or finds the end.
    func fill() throws(DatasetError) {
        guard !isAtEnd else { return }
        if start > 0 {
            storage.baseAddress?.copyMemory(from: storage.baseAddress! + start, byteCount: end - start)
            (start, end) = (0, end - start)
        }
        if end == storage.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: storage.count * 2, alignment: 16)
            larger.copyMemory(from: bytes)
            storage.deallocate()
            storage = larger
        }
        let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: storage[end...]))
        isAtEnd = count == 0
        end += count
    }
}
