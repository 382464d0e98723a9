internal import CArchive
internal import Glibc

/// A file's content by libarchive, which tells bzip2, xz, zstd, lz4 and gzip by their first bytes, and zip, of which the one file inside is
/// read. Anything else comes as it is. Blocking; for one thread at a time.
final class ArchiveFile: ByteSource {
    private let path: String
    private let totalBytes: Int?
    private let archive: OpaquePointer
    private var isAtEnd = false

    private static let blockBytes = 256 << 10

    /// - Throws: `DatasetError`, `unreadable` where the file cannot be opened or is damaged at its beginning, `unfit` for an archive of
    ///   no or many files.
    init(_ path: String, totalBytes: Int?) throws(DatasetError) {
        self.path = path
        self.totalBytes = totalBytes
        archive = try Self.open(path)
        try begin()
    }

    deinit { archive_read_free(archive) }

    /// Bytes of the file on disk that were read so far: it runs ahead of what `read` has given out by a block or two. At the end it is all
    /// of them, also of a zip, whose directory behind the data is not read again.
    var consumedBytes: Int {
        let count = max(0, Int(archive_filter_bytes(archive, -1)))
        return isAtEnd ? totalBytes ?? count : min(count, totalBytes ?? .max)
    }

    /// Reads up to `buffer.count` bytes; 0 at the end.
    /// - Throws: `DatasetError` with `unreadable` and what libarchive says.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        guard !isAtEnd, !buffer.isEmpty else { return 0 }
        while true {
            let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
            if count == Int(ARCHIVE_RETRY) { continue }
            guard count >= 0 else { throw Self.archiveError(archive, path) }
            isAtEnd = count == 0
            return count
        }
    }

    /// Goes to the data.
    private func begin() throws(DatasetError) {
        guard let name = try Self.nextFile(archive, path) else {
            guard Self.isZip(archive) else { return isAtEnd = true }
            throw DatasetError(.unfit, "\(path) is an archive without a file in it")
        }
        guard Self.isZip(archive), totalBytes != nil else { return }
        let second = try Self.open(path)
        defer { archive_read_free(second) }
        _ = try Self.nextFile(second, path)
        if let other = try Self.nextFile(second, path) {
            throw DatasetError(.unfit, "\(path) has more than one file in it, \(name) and \(other): unpack the one that is wanted")
        }
    }

    private static func isZip(_ archive: OpaquePointer) -> Bool {
        archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK == ARCHIVE_FORMAT_ZIP
    }

    private static func open(_ path: String) throws(DatasetError) -> OpaquePointer {
        guard let archive = archive_read_new() else { throw DatasetError(.unreadable, "cannot read \(path): out of memory") }
        // Not all that libarchive knows: some of its filters start programs, and one takes plain text for its own.
        archive_read_support_filter_gzip(archive)
        archive_read_support_filter_bzip2(archive)
        archive_read_support_filter_xz(archive)
        archive_read_support_filter_zstd(archive)
        archive_read_support_filter_lz4(archive)
        archive_read_support_format_zip(archive)
        archive_read_support_format_raw(archive)
        archive_read_support_format_empty(archive)
        guard archive_read_open_filename(archive, path, blockBytes) == ARCHIVE_OK else {
            defer { archive_read_free(archive) }
            throw archiveError(archive, path)
        }
        return archive
    }

    /// The name of the next regular file inside; nil when there is none. What macOS adds to a zip beside each file is none.
    private static func nextFile(_ archive: OpaquePointer, _ path: String) throws(DatasetError) -> String? {
        var entry: OpaquePointer?
        while true {
            switch archive_read_next_header(archive, &entry) {
            case ARCHIVE_EOF: return nil
            case ARCHIVE_OK, ARCHIVE_WARN: break
            case ARCHIVE_RETRY: continue
            default: throw archiveError(archive, path)
            }
            let name = archive_entry_pathname(entry).map { String(cString: $0) } ?? "a file without a name"
            let isFile = !isZip(archive) || (archive_entry_filetype(entry) & S_IFMT == S_IFREG && !name.hasSuffix("/"))
            if isFile, !name.hasPrefix("__MACOSX/") { return name }
        }
    }

    /// For a gzip whose last bytes are missing libarchive has no words.
    private static func archiveError(_ archive: OpaquePointer, _ path: String) -> DatasetError {
        let reason = archive_error_string(archive).map { String(cString: $0) } ?? "the compressed data ends too early"
        return DatasetError(.unreadable, "cannot read \(path): \(reason)")
    }
}
