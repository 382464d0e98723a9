internal import Glibc

/// Where the bytes of a data set come from. For one thread at a time.
protocol ByteSource: AnyObject {
    /// Bytes of the file on disk that were read so far: it runs ahead of what `read` has given out by a block or two.
    var consumedBytes: Int { get }

    /// Reads up to `buffer.count` bytes; 0 at the end.
    /// - Throws: `DatasetError` with `unreadable` and what is wrong with the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int
}

/// A file's content as a stream, decompressed where it is compressed. Blocking; for one thread at a time.
///
/// Gzip goes by zlib, which looks at its checksums and gives out all that stands before damage (libarchive 3.6 does neither); everything else
/// by libarchive.
final class CompressedFile {
    let path: String
    /// Bytes on disk; nil for what has no size, as a pipe.
    let totalBytes: Int?
    private let source: any ByteSource

    /// - Throws: `DatasetError`, `unreadable` where the file cannot be opened or is damaged at its beginning, `unfit` for an archive of
    ///   no or many files.
    init(_ path: String) throws(DatasetError) {
        self.path = path
        var status = stat()
        guard stat(path, &status) == 0 else { throw Self.systemError(path) }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw DatasetError(.unfit, "\(path) is a folder, and this format is a file: give the file's path")
        }
        totalBytes = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
        // What has no size cannot be looked at beforehand either.
        if totalBytes != nil, let gzip = try GzipFile(path) {
            source = gzip
        } else {
            source = try ArchiveFile(path, totalBytes: totalBytes)
        }
    }

    var consumedBytes: Int { source.consumedBytes }

    /// Reads up to `buffer.count` bytes; 0 at the end.
    /// - Throws: `DatasetError` with `unreadable` and what is wrong with the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int { try source.read(into: buffer) }

    static func systemError(_ path: String) -> DatasetError {
        DatasetError(.unreadable, "cannot read \(path): \(String(cString: strerror(errno)))")
    }
}
