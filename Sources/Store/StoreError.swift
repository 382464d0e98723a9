/// Why a store could not do what it was asked to. Nothing of the request has been done then.
package struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// What was asked for is not there.
        case notFound
        /// What was asked for cannot be; see the message.
        case invalid
        /// No room is left where the store lies. The same request succeeds once there is.
        case full
        /// The file is damaged, or none of ours.
        case corrupt
        /// Another process has the store.
        case inUse
        /// The caller's task was cancelled.
        case cancelled
        /// The disk or its file system failed.
        case io
    }

    package let code: Code
    /// For people: what, where, and what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
