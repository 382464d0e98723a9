import RPC
package import Wire

extension Metadata {
    /// From `key=value` of the command line: the value is what follows the first `=`, and may be empty.
    /// - Throws: `CommandError` with `usage` where the key is not one that PROTOCOL.md, section 3 leaves to applications.
    package init(argument: String) throws(CommandError) {
        guard let equals = argument.firstIndex(of: "=") else { throw CommandError(.usage, "there is no = between key and value") }
        self.init(key: String(argument[..<equals]), value: Array(argument[argument.index(after: equals)...].utf8))
        guard [self].firstBadKey == nil else { throw CommandError(.usage, "a key has 1 to 64 characters a-z 0-9 _ . -") }
        for prefix in ["rdrec-", "grpc-"] where key.hasPrefix(prefix) { throw CommandError(.usage, "keys with \(prefix) are reserved") }
    }

    /// `key=value`, as it is given; a value that is not text in hexadecimal after `0x`.
    package var printed: String {
        let text = String(validating: value, as: UTF8.self)
        let hexadecimal = value.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(key)=\(text.map(printable) ?? "0x\(hexadecimal)")"
    }
}
