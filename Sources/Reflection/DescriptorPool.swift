/// A schema read at run time: what a client knows that was built without it.
///
/// Comes from a packed `google.protobuf.FileDescriptorSet`, as `protoc --include_imports --descriptor_set_out` writes it and
/// `rdrec.rpc.v1.Descriptors` answers. A value without state: every member may be used from any thread.
package struct DescriptorPool: Sendable {
    /// Sorted by name.
    package let services: [ServiceDescriptor]
    let messages: [String: MessageDescriptor]
    let enums: [String: EnumDescriptor]
    private let methods: [String: MethodDescriptor]

    /// - Throws: `malformedSchema` when the set is damaged, names something twice, or names a type that it does not have
    ///   (make it with `--include_imports`).
    package init(fileDescriptorSet: [UInt8]) throws(ReflectionError) {
        var parser = SchemaParser()
        try parser.read(fileDescriptorSet)
        try parser.checkReferences()
        messages = parser.messages
        enums = parser.enums
        services = parser.services.sorted { $0.fullName < $1.fullName }
        methods = Dictionary(services.flatMap(\.methods).map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The method of a path, `/package.Service/Method`; the first slash may be left out.
    package func method(_ path: String) -> MethodDescriptor? {
        methods[path.hasPrefix("/") ? path : "/" + path]
    }

    /// The message type of a full name, `package.Message`.
    package func message(_ fullName: String) -> MessageDescriptor? {
        messages[fullName]
    }

    /// Paths of methods that a mistyped one may have meant, the nearest first, at most three. A method's name alone will do.
    package func methodsNear(_ path: String) -> [String] {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let sameName = methods.keys.filter { $0.hasSuffix("/" + name) }.sorted()
        return sameName.isEmpty ? nearNames(to: path.hasPrefix("/") ? path : "/" + path, among: methods.keys) : Array(sameName.prefix(3))
    }

    /// The message type, or an error that names those near it.
    func type(_ fullName: String) throws(ReflectionError) -> MessageDescriptor {
        if let type = messages[fullName] { return type }
        throw ReflectionError(.unknownType, "there is no message type \(fullName)\(suggestion(for: fullName, among: messages.keys))")
    }
}
