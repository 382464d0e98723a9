/// What is wrong with keys, the allow-list or the security of an endpoint. No message ever holds a secret key.
package struct SecurityError: Error, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// A text is no key.
        case key
        /// A key file cannot be read or written, is readable by others, or says what does not fit.
        case keyFile
        /// The allow-list cannot be read, or a line of it is wrong.
        case allowList
        /// The endpoint and the security asked for do not go together.
        case configuration
        /// The start-up test found no proof that strangers are refused.
        case probe
    }

    package let code: Code
    /// The file (with the line, `path:3`) or the endpoint; nil where the text itself is all there is.
    package let place: String?
    /// What is wrong and what to do.
    package let message: String

    package init(code: Code, place: String?, message: String) {
        self.code = code
        self.place = place
        self.message = message
    }

    package var description: String { place.map { "\($0): \(message)" } ?? message }
}
