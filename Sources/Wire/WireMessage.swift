/// A message of the schema: a Swift value and the way to protobuf-c's struct and back. The conformances are generated
/// (Protos/generator/swift_messages.py); nothing else conforms.
package protocol WireMessage: WirePayload, Hashable {
    /// protobuf-c's struct.
    associatedtype Raw

    /// The message with every field at its default.
    init()

    /// The `ProtobufCMessageDescriptor` of the message, which lives as long as the process.
    static var descriptor: UnsafeRawPointer { get }

    /// The generated `…__init`.
    static func initialize(_ raw: UnsafeMutablePointer<Raw>?)

    /// Copies the fields out of a struct that has passed the pre-scan. Throws where the struct holds a string that is not UTF-8.
    init(_ raw: Raw) throws(WireError)

    /// Puts the fields into an initialised struct; what it points to is allocated in `arena`.
    func fill(_ raw: inout Raw, _ arena: Arena) throws(WireError)
}

/// An enum of the schema: open, since proto3 keeps numbers that it does not know.
package protocol WireEnum: RawRepresentable<Int32>, Sendable, Hashable, CustomStringConvertible {
    /// Any number, known or not.
    init(rawValue: Int32)

    /// The values that the schema names.
    static var known: [Self] { get }
}
