internal import Glibc

/// What is wrong with a model file: which file, where in it, and what was expected there.
package struct ModelFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's path.
    package let file: String
    /// Bytes from the file's beginning; nil when the fault is of the file as a whole.
    package let offset: Int?
    /// The key, tensor or part, and what is wrong with it.
    package let message: String
    /// Whether the disk has no room: the same may go well later.
    package let isFull: Bool

    package init(file: String, offset: Int? = nil, _ message: String, isFull: Bool = false) {
        self.file = file
        self.offset = offset
        self.message = message
        self.isFull = isFull
    }

    /// What the last system call has said.
    package static func ofSystem(_ path: String, _ message: String) -> ModelFileError {
        let reason = errno
        return ModelFileError(
            file: path, "\(message): \(String(cString: strerror(reason)))", isFull: reason == ENOSPC || reason == EDQUOT)
    }

    package var description: String { offset.map { "\(file): at byte \($0): \(message)" } ?? "\(file): \(message)" }
}
