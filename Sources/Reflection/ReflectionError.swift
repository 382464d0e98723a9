/// Why a schema, a JSON text or a message was not taken.
package struct ReflectionError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The FileDescriptorSet is damaged, or contradicts itself.
        case malformedSchema
        /// A name that the schema does not have.
        case unknownType
        /// The text is not JSON. The place is a line and a column, both from 1; columns count Unicode scalars.
        case malformedJSON
        /// The JSON does not fit the message's type. The place is a path from the outermost value, `$`.
        case unfitJSON
        /// The bytes are not a message of the type.
        case malformedMessage
        /// The schema uses what this module does not know: maps, groups, proto2, or a type with a JSON form of its own.
        case unsupported
    }

    package let code: Code
    /// Where: `line 1, column 7`, `$.inner.name`, `$.inner at byte 12`, or `message a.B`. Empty where there is no place.
    package let place: String
    /// What is wrong and what was expected, in one line.
    package let message: String

    init(_ code: Code, at place: String = "", _ message: String) {
        self.code = code
        self.place = place
        self.message = message
    }

    package var description: String { place.isEmpty ? message : "\(place): \(message)" }
}

/// What bounds the work on input that others wrote.
enum Limits {
    /// Messages, objects and arrays inside each other.
    static let depth = 100
    /// Fields of one message and all inside it, elements and unknown fields together: Protos/PROTOCOL.md, 2.1.
    static let fieldCount = 262_144
    /// UTF-8 bytes of a full name in a schema, and how many names it may define: names of nested types repeat those around
    /// them, so a small set could otherwise grow a thousandfold.
    static let nameByteCount = 512
    static let definitionCount = 65_536
}
