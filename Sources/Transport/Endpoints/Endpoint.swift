/// Where a server listens: `ipc://PATH`, `tcp://HOST:PORT`, or `inproc://NAME`, the twin inside one process that tests use.
///
/// HOST is an IPv4 address, an IPv6 address in brackets, a name, or `*` for all addresses; PORT is 1 to 65,535, or 0 or `*` for any
/// free one. What may only be bound (`*`, a free port) or only connected to (a name) is found by ``bindText()`` and ``connectText()``.
/// The description is a text that parses to the same endpoint.
package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    package enum Address: Sendable, Hashable {
        /// A path of 1 to ``maximumPathBytes`` bytes, absolute or relative to the working directory.
        case ipc(path: String)
        /// A nil port is any free one.
        case tcp(host: Host, port: UInt16?)
        case inproc(name: String)
    }

    package enum Host: Sendable, Hashable {
        /// `*`
        case any
        /// Four decimal numbers with dots.
        case ipv4(String)
        /// The shortest form, without brackets.
        case ipv6(String)
        /// In lower case.
        case name(String)
    }

    /// What `sun_path` of a Unix socket address holds beside its NUL.
    package static let maximumPathBytes = 107

    package let address: Address

    /// Throws ``EndpointError/Code/malformed``, whose message says what is wrong and shows an endpoint that is right.
    package init(_ text: String) throws(EndpointError) {
        do {
            address = try EndpointParser.parse(text)
        } catch {
            throw EndpointError(code: .malformed, place: quoted(text), message: error.message)
        }
    }

    /// An endpoint on the file system. The path counts as it is given.
    package init(ipcPath path: String) throws(EndpointError) {
        try self.init("ipc://" + path)
    }

    package var description: String {
        switch address {
        case .ipc(let path): "ipc://\(path)"
        case .tcp(let host, let port): "tcp://\(host.text):\(port.map(String.init) ?? "*")"
        case .inproc(let name): "inproc://\(name)"
        }
    }

    package var isIPC: Bool {
        if case .ipc = address { true } else { false }
    }

    package var isInProcess: Bool {
        if case .inproc = address { true } else { false }
    }

    /// Whether only this machine reaches it by TCP: 127.0.0.0/8, ::1 and `localhost`, which is always bound and connected as 127.0.0.1.
    package var isLoopback: Bool {
        guard case .tcp(let host, _) = address else { return false }
        switch host {
        case .any: return false
        case .ipv4(let text): return text.hasPrefix("127.")
        case .ipv6(let text): return text == "::1"
        case .name(let text): return text == "localhost"
        }
    }

    /// Whether the socket needs `ZMQ_IPV6`.
    package var isIPv6: Bool {
        if case .tcp(.ipv6, _) = address { true } else { false }
    }
}

extension Endpoint {
    /// The text for `zmq_bind`. Throws ``EndpointError/Code/unusable`` for a name other than `localhost`, which libzmq would take for that
    /// of a network interface, and for `inproc://`, which is not libzmq's here.
    package func bindText() throws(EndpointError) -> String {
        switch address {
        case .ipc: return description
        case .tcp(.name("localhost"), let port): return Endpoint(host: .ipv4("127.0.0.1"), port: port).description
        case .tcp(.name, _): throw unusable("a server binds an address and not a name: give the IP address of this machine, or * for all")
        case .tcp: return description
        case .inproc: throw unusable("an in-process endpoint takes no ZeroMQ socket")
        }
    }

    /// The text for `zmq_connect`. Throws ``EndpointError/Code/unusable`` where the host stands for all addresses or the port for any.
    package func connectText() throws(EndpointError) -> String {
        guard case .tcp(let host, let port) = address else {
            if isIPC { return description }
            throw unusable("an in-process endpoint takes no ZeroMQ socket")
        }
        if host.isWildcard { throw unusable("a client connects to one host: give its name or address in place of \(host.text)") }
        guard let port else { throw unusable("a client connects to one port: give the server's in place of *") }
        return Endpoint(host: host == .name("localhost") ? .ipv4("127.0.0.1") : host, port: port).description
    }

    /// This endpoint as a client on the same machine connects to it: an address that stands for all is replaced by 127.0.0.1, which
    /// libzmq's sockets on `::` serve too, and which is there where IPv6 is switched off.
    package var fromThisMachine: Endpoint {
        guard case .tcp(let host, let port) = address, host.isWildcard else { return self }
        return Endpoint(host: .ipv4("127.0.0.1"), port: port)
    }

    private init(host: Host, port: UInt16?) {
        address = .tcp(host: host, port: port)
    }

    private func unusable(_ message: String) -> EndpointError {
        EndpointError(code: .unusable, place: description, message: message)
    }
}

extension Endpoint.Host {
    /// Whether it stands for all addresses of the machine.
    package var isWildcard: Bool { self == .any || self == .ipv4("0.0.0.0") || self == .ipv6("::") }

    /// As it stands in an endpoint.
    package var text: String {
        switch self {
        case .any: "*"
        case .ipv4(let text), .name(let text): text
        case .ipv6(let text): "[\(text)]"
        }
    }
}
