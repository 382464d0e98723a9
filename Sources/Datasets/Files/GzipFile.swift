internal import CZlib
internal import Glibc

/// A gzip file's content (RFC 1952) by zlib: one member or many after each other, each held against its checksum and length. Zeros behind the
/// last, as tapes and block devices leave them, are ignored. What stands before damage is given out, then the damage is told. Blocking; for
/// one thread at a time.
final class GzipFile: ByteSource {
    private let path: String
    private let descriptor: CInt
    private let stream: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutableRawBufferPointer
    private(set) var consumedBytes = 0
    private var isAtEndOfFile = false
    /// Whether a member has begun that has not ended.
    private var isInMember = true
    private var isAtEnd = false
    /// To be told when what was read before has been given out.
    private var damage: DatasetError?

    private static let inputBytes = 256 << 10

    /// - Returns: nil for a file that does not begin as a gzip does.
    init?(_ path: String) throws(DatasetError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CompressedFile.systemError(path) }
        var magic: [UInt8] = [0, 0]
        guard pread(descriptor, &magic, 2, 0) == 2, magic == [0x1F, 0x8B] else {
            close(descriptor)
            return nil
        }
        self.path = path
        self.descriptor = descriptor
        input = .allocate(byteCount: Self.inputBytes, alignment: 64)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 bits of window, the most there are, and 16 for a gzip's frame.
        let code = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw DatasetError(.unreadable, "cannot read \(path): zlib cannot begin (\(code))") }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
        close(descriptor)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        guard !isAtEnd, !buffer.isEmpty else { return 0 }
        if let damage { throw damage }
        let room = min(buffer.count, Int(UInt32.max))
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room)
        while stream.pointee.avail_out == UInt32(room), !isAtEnd {
            do { try step() } catch {
                guard stream.pointee.avail_out < UInt32(room) else { throw error }
                damage = error
            }
        }
        return room - Int(stream.pointee.avail_out)
    }

    private func step() throws(DatasetError) {
        if stream.pointee.avail_in == 0 { try refill() }
        guard isInMember else { return try beginMember() }
        if stream.pointee.avail_in == 0, isAtEndOfFile { throw fault("the compressed data ends too early") }
        switch inflate(stream, Z_NO_FLUSH) {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isInMember = false
        case Z_MEM_ERROR: throw fault("out of memory")
        default: throw fault("gzip decompression failed: \(stream.pointee.msg.map { String(cString: $0) } ?? "the data is damaged")")
        }
    }

    /// Behind a member: another, zeros, or the end.
    private func beginMember() throws(DatasetError) {
        while stream.pointee.avail_in > 0, stream.pointee.next_in.pointee == 0 {
            stream.pointee.next_in += 1
            stream.pointee.avail_in -= 1
        }
        if stream.pointee.avail_in == 0 {
            isAtEnd = isAtEndOfFile
            return
        }
        guard stream.pointee.next_in.pointee == 0x1F else { throw fault("behind the compressed data is something else") }
        inflateReset(stream)
        isInMember = true
    }

    private func refill() throws(DatasetError) {
        while !isAtEndOfFile {
            let count = Glibc.read(descriptor, input.baseAddress, input.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CompressedFile.systemError(path) }
            stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = UInt32(count)
            consumedBytes += count
            isAtEndOfFile = count == 0
            return
        }
    }

    private func fault(_ reason: String) -> DatasetError { DatasetError(.unreadable, "cannot read \(path): \(reason)") }
}
