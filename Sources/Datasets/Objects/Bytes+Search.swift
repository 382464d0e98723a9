internal import Glibc

extension UnsafeRawBufferPointer {
    /// The index of the first byte of this value that is not before `start`. As fast as the C library has it.
    func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        guard start < count, let base = baseAddress, let found = memchr(base + start, CInt(byte), count - start) else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
