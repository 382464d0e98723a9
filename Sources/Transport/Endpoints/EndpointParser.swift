import Glibc

/// Endpoints from text.
enum EndpointParser {
    struct Failure: Error {
        let message: String
    }

    static func parse(_ text: String) throws(Failure) -> Endpoint.Address {
        if let path = rest(of: text, after: "ipc://") { return .ipc(path: try ipcPath(path)) }
        if let authority = rest(of: text, after: "tcp://") { return try tcp(authority) }
        if let name = rest(of: text, after: "inproc://") { return .inproc(name: try inprocName(name)) }
        throw Failure(message: "an endpoint starts with ipc:// or tcp://, as in ipc:///run/rdrec/teacherd.sock or tcp://127.0.0.1:5700")
    }

    private static func rest(of text: String, after prefix: String) -> Substring? {
        text.utf8.starts(with: prefix.utf8) ? Substring(text.utf8.dropFirst(prefix.utf8.count)) : nil
    }

    private static func ipcPath(_ path: Substring) throws(Failure) -> String {
        let example = ", as in ipc:///run/rdrec/teacherd.sock"
        guard let first = path.utf8.first, let last = path.utf8.last else { throw Failure(message: "the path is missing\(example)") }
        // libzmq takes these two for a path of its own choice and for an abstract socket, which no directory protects.
        if first == UInt8(ascii: "*") || first == UInt8(ascii: "@") {
            throw Failure(message: "the path must name a file and not start with * or @\(example)")
        }
        if last == UInt8(ascii: "/") { throw Failure(message: "the path names a directory and not the socket in it\(example)") }
        if path.utf8.contains(0) { throw Failure(message: "the path contains a NUL\(example)") }
        if path.utf8.count > Endpoint.maximumPathBytes {
            throw Failure(
                message: "the path has \(path.utf8.count) bytes and a Unix socket takes at most \(Endpoint.maximumPathBytes):"
                    + " use a shorter directory\(example)")
        }
        return String(path)
    }

    private static func inprocName(_ name: Substring) throws(Failure) -> String {
        guard (1...128).contains(name.utf8.count), name.utf8.allSatisfy({ isAlphanumeric($0) || "_.-/".utf8.contains($0) }) else {
            throw Failure(message: "an in-process name has 1 to 128 characters of A-Z a-z 0-9 _ . - /, as in inproc://echo")
        }
        return String(name)
    }

    private static func tcp(_ authority: Substring) throws(Failure) -> Endpoint.Address {
        let example = ", as in tcp://127.0.0.1:5700 or tcp://[::1]:5700"
        guard let colon = authority.utf8.lastIndex(of: UInt8(ascii: ":")), !authority.utf8.hasSuffix("]") else {
            throw Failure(message: "the port is missing\(example)")
        }
        let host = try host(authority[..<colon], example: example)
        return .tcp(host: host, port: try port(authority[authority.utf8.index(after: colon)...], example: example))
    }

    private static func port(_ text: Substring, example: String) throws(Failure) -> UInt16? {
        if text == "*" { return nil }
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy(isDigit), let number = UInt16(text) else {
            throw Failure(message: "the port \(quoted(text)) is not a number from 1 to 65535, or 0 or * for any free one\(example)")
        }
        return number == 0 ? nil : number
    }

    private static func host(_ text: Substring, example: String) throws(Failure) -> Endpoint.Host {
        if text.isEmpty { throw Failure(message: "the host is missing\(example)") }
        if text == "*" { return .any }
        if text.utf8.first == UInt8(ascii: "[") {
            guard text.utf8.hasSuffix("]"), let host = ipv6(String(text.dropFirst().dropLast())) else {
                throw Failure(message: "\(quoted(text)) is not an IPv6 address in brackets, without a zone\(example)")
            }
            return host
        }
        if text.utf8.contains(UInt8(ascii: ":")) { throw Failure(message: "an IPv6 address stands in brackets\(example)") }
        if text.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") }) {
            guard isIPv4(String(text)) else { throw Failure(message: "\(quoted(text)) is not an IPv4 address\(example)") }
            return .ipv4(String(text))
        }
        guard isName(text) else {
            throw Failure(message: "\(quoted(text)) is no host: give an address, a name, or * for all addresses\(example)")
        }
        return .name(text.lowercased())
    }

    private static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1
    }

    /// The address in its one shortest form; nil when it is none. An IPv4 address mapped to IPv6 (::ffff:127.0.0.1) becomes the IPv4
    /// address that it is: in this form libzmq reports what a socket with `ZMQ_IPV6` has bound.
    private static func ipv6(_ text: String) -> Endpoint.Host? {
        var address = in6_addr()
        guard !text.utf8.contains(0), inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: address) { Array($0) }
        if bytes[..<12] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] {
            return .ipv4(bytes[12...].map(String.init).joined(separator: "."))
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
            inet_ntop(AF_INET6, &address, buffer.baseAddress, socklen_t(buffer.count)).map { .ipv6(String(cString: $0)) }
        }
    }

    /// RFC 1123 with the underscore that container networks use.
    private static func isName(_ text: Substring) -> Bool {
        text.utf8.count <= 253 && text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isLabel)
    }

    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
            && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }
}

extension Collection<UInt8> where Self: BidirectionalCollection {
    fileprivate func hasSuffix(_ character: Unicode.Scalar) -> Bool { last == UInt8(ascii: character) }
}

/// Whether an ASCII digit.
func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

/// Whether an ASCII letter or digit.
func isAlphanumeric(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}
