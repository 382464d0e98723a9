/// A message of a type that only the schema knows: what lies between its JSON and its bytes.
struct DynamicMessage {
    let type: MessageDescriptor
    /// By place in `type.fields`: one value of a singular field, any number of a repeated one. What is absent, or has the
    /// default value of a field without presence, is not here.
    var values: [Int: [DynamicValue]] = [:]

    init(_ type: MessageDescriptor) { self.type = type }

    /// Fields that are set, by number.
    var setFields: [(field: FieldDescriptor, values: [DynamicValue])] {
        values.keys.sorted().compactMap { index in
            values[index].flatMap { $0.isEmpty ? nil : (type.fields[index], $0) }
        }
    }

    /// Sets a singular field, unless that would be the same as not setting it.
    mutating func set(_ index: Int, _ value: DynamicValue) {
        if type.fields[index].hasPresence || !value.isDefault { values[index] = [value] }
    }
}

/// The value of a field, or of an element of one. The field's kind says how it is written.
enum DynamicValue {
    case bool(Bool)
    case signed(Int64)
    case unsigned(UInt64)
    case float(Float)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case enumeration(Int32)
    indirect case message(DynamicMessage)

    /// Proto3 does not write it where presence is not told. -0.0 differs from 0.0 and is written.
    var isDefault: Bool {
        switch self {
        case .bool(let value): !value
        case .signed(let value): value == 0
        case .unsigned(let value): value == 0
        case .float(let value): value.bitPattern == 0
        case .double(let value): value.bitPattern == 0
        case .string(let value): value.isEmpty
        case .bytes(let value): value.isEmpty
        case .enumeration(let value): value == 0
        case .message: false
        }
    }
}

/// Where a value is, from the outermost message, `$`.
struct JSONPath {
    enum Step {
        case field(String)
        case element(Int)
    }

    private var steps: [Step] = []

    mutating func push(_ step: Step) { steps.append(step) }
    mutating func pop() { steps.removeLast() }

    /// Made for errors only: paths of deep messages are long.
    var text: String {
        steps.reduce(into: "$") { text, step in
            switch step {
            case .element(let index): text += "[\(index)]"
            case .field(let name):
                text += isIdentifier(name) ? ".\(name)" : "[\(quoted(name))]"
            }
        }
    }
}

extension DescriptorPool {
    /// Why values of a kind cannot be converted; nil when they can.
    func unsupported(_ kind: FieldDescriptor.Kind) -> String? {
        switch kind {
        case .group: "groups are not supported"
        case .message(let name): messages[name]?.unsupported
        case .enumeration("google.protobuf.NullValue"): "google.protobuf.NullValue is not supported: it has a JSON form of its own"
        default: nil
        }
    }
}
