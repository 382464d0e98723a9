/// What is wrong with an endpoint, or with the directory or the lock of an `ipc://` socket.
package struct EndpointError: Error, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The text is no endpoint.
        case malformed
        /// The endpoint is valid but not for this use, as `*` is to connect to.
        case unusable
        /// The directory of a socket is missing, not the user's own or open to others.
        case directory
        /// Another process serves this socket path.
        case locked
        /// The operating system refused; the message has its reason.
        case system
    }

    package let code: Code
    /// The endpoint or the path it is about, as it was given.
    package let place: String
    /// What is wrong and what to do.
    package let message: String

    package var description: String { "\(place): \(message)" }
}
