/// Why a data set cannot be read, or not any further. What was read before it stands.
package struct DatasetError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The system or the decompressor refuses: the file is not there, may not be read, is damaged or ends too early.
        case unreadable
        /// The file, or the folder, is not of the format, or lacks what was asked for: a column, a closing quote.
        case unfit
    }

    package let code: Code
    /// What, where and what to do, in one line. It may have control characters of file names and contents in it.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

/// What is wrong with one record while those around it are read: in words, with the field's name as the file has it.
package struct LineFault: Error, Sendable, Hashable, CustomStringConvertible {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }

    package var description: String { reason }
}
