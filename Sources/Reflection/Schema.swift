/// A service of the schema.
package struct ServiceDescriptor: Sendable, Hashable {
    /// `package.Service`.
    package let fullName: String
    /// In the order of the `.proto` file.
    package let methods: [MethodDescriptor]
}

/// A method of a service.
package struct MethodDescriptor: Sendable, Hashable {
    /// `option idempotency_level` of the method.
    package enum IdempotencyLevel: UInt64, Sendable, Hashable {
        case unknown = 0
        case noSideEffects = 1
        case idempotent = 2
    }

    /// `/package.Service/Method`.
    package let path: String
    /// Full name of the request's message type; the pool has it.
    package let inputType: String
    /// Full name of the response's message type; the pool has it.
    package let outputType: String
    package let clientStreaming: Bool
    package let serverStreaming: Bool
    package let idempotencyLevel: IdempotencyLevel
}

/// A message type.
package struct MessageDescriptor: Sendable, Hashable {
    /// `package.Outer.Inner`.
    package let fullName: String
    /// Sorted by number.
    package let fields: [FieldDescriptor]
    /// By `FieldDescriptor.oneofIndex`.
    package let oneofNames: [String]
    /// The sentence that says why messages of the type cannot be converted; nil when they can.
    let unsupported: String?
    /// Places in `fields`: by number, and by both of the names that JSON may use.
    let indexByNumber: [UInt32: Int]
    let indexByName: [String: Int]
}

/// A field of a message type.
package struct FieldDescriptor: Sendable, Hashable {
    /// A field's type. The full names of `message` and `enumeration` are in the pool.
    package enum Kind: Sendable, Hashable {
        case double, float, bool, string, bytes
        case int32, sint32, sfixed32, uint32, fixed32
        case int64, sint64, sfixed64, uint64, fixed64
        case message(String)
        case enumeration(String)
        /// A proto2 group, kept so that a schema with one can still be read.
        case group
    }

    /// As in the `.proto` file.
    package let name: String
    /// The key in JSON.
    package let jsonName: String
    /// From 1 to 536,870,911.
    package let number: UInt32
    package let kind: Kind
    package let isRepeated: Bool
    /// Elements are written packed; both forms are read.
    package let isPacked: Bool
    /// The oneof the field is a member of. A proto3 `optional` field is in none.
    package let oneofIndex: Int?
    /// Being set is told apart from having the default value.
    package let hasPresence: Bool
}

/// An enum type.
struct EnumDescriptor: Sendable {
    /// In the order of the `.proto` file.
    let names: [String]
    let numberByName: [String: Int32]
    /// Of names that share a number the first.
    let nameByNumber: [Int32: String]
}
