internal import Glibc

/// A file mapped into memory, read only: pages are read when they are first touched, and the operating system may drop them again.
///
/// A mapping shows what happens to the file: whoever replaces a model in use has to write a new file and rename it, and must not shorten
/// the old one. Reading is safe from any thread.
package final class MappedFile: @unchecked Sendable {
    // The memory is read only and lives as long as this object.
    package let path: String
    package let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    /// Opens and maps a regular file.
    package init(path: String) throws(ModelFileError) {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ModelFileError(file: path, "cannot open it: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ModelFileError(file: path, "cannot ask for its size: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ModelFileError(file: path, "is not a regular file") }
        let size = Int(status.st_size)
        guard size > 0 else { throw ModelFileError(file: path, "is empty") }
        guard let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED else {
            throw ModelFileError(file: path, "cannot map \(size) bytes: \(String(cString: strerror(errno)))")
        }
        bytes = UnsafeRawBufferPointer(start: memory, count: size)
        isMapped = true
    }

    /// A file whose bytes are in memory already; they are copied.
    ///
    /// - Parameter name: Stands for the path in errors.
    package init(_ contents: some Collection<UInt8>, name: String) throws(ModelFileError) {
        guard !contents.isEmpty else { throw ModelFileError(file: name, "is empty") }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 64)
        copy.copyBytes(from: contents)
        path = name
        bytes = UnsafeRawBufferPointer(copy)
        isMapped = false
    }

    deinit {
        if isMapped { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) } else { bytes.deallocate() }
    }

    /// Asks for the whole file to be read ahead, by the operating system, in the background.
    package func readAhead() {
        if isMapped { madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_WILLNEED) }
    }

    /// Gives back the memory of the pages within a range of bytes: whoever reads them again reads the file.
    package func giveBack(_ range: Range<Int>) {
        let page = sysconf(Int32(_SC_PAGESIZE))
        let first = (range.lowerBound + page - 1) / page * page, end = range.upperBound / page * page
        guard isMapped, first < end else { return }
        madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.advanced(by: first), end - first, MADV_DONTNEED)
    }
}
