extension DescriptorPool {
    /// A message's proto3 JSON (https://protobuf.dev/programming-guides/json/), in one line, or in many with two spaces a level.
    ///
    /// Fields come by number under their JSON names; defaults are left out; 64-bit integers are strings, bytes are base64, enums names,
    /// or numbers where the schema has no name. What a terminal might take for a command is escaped.
    /// - Throws: `unknownType`; `malformedMessage` with path and byte; `unsupported`.
    package func json(_ bytes: [UInt8], as type: String, pretty: Bool = false) throws(ReflectionError) -> String {
        print(try decode(bytes, as: try self.type(type)), pretty: pretty)
    }

    func print(_ message: DynamicMessage, pretty: Bool) -> String {
        var printer = JSONPrinter(pool: self, isPretty: pretty)
        printer.message(message)
        return String(decoding: printer.text, as: UTF8.self)
    }
}

private struct JSONPrinter {
    let pool: DescriptorPool
    let isPretty: Bool
    private(set) var text: [UInt8] = []
    private var depth = 0

    init(pool: DescriptorPool, isPretty: Bool) {
        self.pool = pool
        self.isPretty = isPretty
    }

    private mutating func append(_ part: String) { text.append(contentsOf: part.utf8) }

    private mutating func newLine() {
        if isPretty { append("\n" + String(repeating: "  ", count: depth)) }
    }

    /// Items between brackets, one a line.
    private mutating func list<C: Collection>(_ open: String, _ items: C, _ close: String, _ print: (inout Self, C.Element) -> Void) {
        append(open)
        depth += 1
        var isFirst = true
        for item in items {
            if !isFirst { append(",") }
            isFirst = false
            newLine()
            print(&self, item)
        }
        depth -= 1
        if !isFirst { newLine() }
        append(close)
    }

    mutating func message(_ message: DynamicMessage) {
        list("{", message.setFields, "}") { printer, member in
            appendJSONString(member.field.jsonName, to: &printer.text)
            printer.append(printer.isPretty ? ": " : ":")
            if member.field.isRepeated {
                printer.list("[", member.values, "]") { $0.value($1, member.field.kind) }
            } else {
                for value in member.values { printer.value(value, member.field.kind) }
            }
        }
    }

    private mutating func value(_ value: DynamicValue, _ kind: FieldDescriptor.Kind) {
        switch value {
        case .bool(let value): append(value ? "true" : "false")
        case .signed(let value): append(is64Bit(kind) ? "\"\(value)\"" : "\(value)")
        case .unsigned(let value): append(is64Bit(kind) ? "\"\(value)\"" : "\(value)")
        case .float(let value): append(jsonNumber(value))
        case .double(let value): append(jsonNumber(value))
        case .string(let value): appendJSONString(value, to: &text)
        case .bytes(let value): append("\"\(base64Encoded(value))\"")
        case .message(let value): message(value)
        case .enumeration(let number):
            if case .enumeration(let name) = kind, let name = pool.enums[name]?.nameByNumber[number] {
                append("\"\(name)\"")
            } else {
                append("\(number)")
            }
        }
    }

    private func is64Bit(_ kind: FieldDescriptor.Kind) -> Bool {
        switch kind {
        case .int64, .sint64, .sfixed64, .uint64, .fixed64: true
        default: false
        }
    }
}
