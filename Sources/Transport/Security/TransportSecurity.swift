/// How a server knows its peers.
package enum ServerSecurity: Sendable {
    /// By who can reach the endpoint: for `ipc://` and in-process.
    case none
    /// Not at all, by TCP from this machine alone (`--insecure`). On `ipc://` and in-process the same as ``none``.
    case insecureLoopback
    /// By their CURVE keys, over TCP.
    case curve(keys: KeyPair, allowList: AllowListSource)

    /// Throws ``SecurityError/Code/configuration`` when a server at `endpoint` must not have this security; the message names the options.
    package func check(_ endpoint: Endpoint) throws(SecurityError) {
        switch (endpoint.address, self) {
        case (.ipc, .curve), (.inproc, .curve):
            throw refused(
                endpoint, "CURVE is of no use here, where only this user connects: leave out --key-file and --allow-list, or use tcp://")
        case (.ipc, _), (.inproc, _), (.tcp, .curve): return
        case (.tcp, .insecureLoopback) where endpoint.isLoopback: return
        case (.tcp, .insecureLoopback):
            throw refused(
                endpoint, "--insecure is for addresses of this machine alone, as 127.0.0.1: bind one, or use --key-file and --allow-list")
        case (.tcp, .none) where endpoint.isLoopback:
            throw refused(
                endpoint, "any user of this machine could connect: use --key-file and --allow-list, or ipc://, or allow it with --insecure")
        case (.tcp, .none):
            throw refused(endpoint, "anybody could connect: use --key-file and --allow-list, or ipc://")
        }
    }

    /// Who sent a message, from its User-Id (`zmq_msg_gets`), which is nil where it has none. Nil when the sender is not, or no longer,
    /// allowed.
    package func peer(userID: String?) -> PeerIdentity? {
        switch self {
        case .none, .insecureLoopback: .local
        case .curve(_, let allowList): userID.flatMap { allowList.current.peer(userID: $0) }
        }
    }
}

/// How a client knows its server, and shows who it is.
package enum ClientSecurity: Sendable {
    /// By the endpoint: `ipc://`, in-process, and loopback.
    case none
    /// The server by its public key, the client by its pair.
    case curve(server: PublicKey, keys: KeyPair)

    /// Throws ``SecurityError/Code/configuration`` when a client must not connect to `endpoint` with this security; the message names
    /// the options.
    package func check(_ endpoint: Endpoint) throws(SecurityError) {
        switch (endpoint.address, self) {
        case (.ipc, .curve), (.inproc, .curve):
            throw refused(endpoint, "no CURVE is spoken here: leave out --server-key and --key-file, or use tcp://")
        case (.ipc, .none), (.inproc, .none), (.tcp, .curve): return
        case (.tcp, .none) where endpoint.isLoopback: return
        case (.tcp, .none):
            throw refused(endpoint, "beyond this machine the server must be known by its key: use --server-key and --key-file")
        }
    }
}

private func refused(_ endpoint: Endpoint, _ message: String) -> SecurityError {
    SecurityError(code: .configuration, place: endpoint.description, message: message)
}
