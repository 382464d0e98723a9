/// What is wrong with a model file: which file, where in it, and what was expected there.
package struct ModelFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's path.
    package let file: String
    /// Bytes from the file's beginning; nil when the fault is of the file as a whole.
    package let offset: Int?
    /// The key, tensor or part, and what is wrong with it.
    package let message: String

    package init(file: String, offset: Int? = nil, _ message: String) {
        self.file = file
        self.offset = offset
        self.message = message
    }

    package var description: String { offset.map { "\(file): at byte \($0): \(message)" } ?? "\(file): \(message)" }
}
