/// Makes the sockets of one socket thread: libzmq's in a context of its own, or in-process ones for `inproc://`. Confined to the thread.
struct SocketFactory {
    private var context: ZeroMQContext?
    private var authenticator: Authenticator?

    private mutating func zeroMQ() throws(SocketError) -> ZeroMQContext {
        if let context { return context }
        let made = try ZeroMQContext()
        context = made
        return made
    }

    mutating func serverSocket(
        _ endpoint: Endpoint, security: ServerSecurity, maxFrameBytes: Int, loop: SocketThread, metrics: TransportMetrics
    ) throws -> any ServerSocket {
        if case .inproc(let name) = endpoint.address {
            return try InProcessServerSocket(endpoint: endpoint, name: name, loop: loop)
        }
        let context = try zeroMQ()
        if case .curve(_, let allowList) = security {
            // Bound before the first socket that needs it: libzmq asks nobody where nobody answers.
            let authenticator = try self.authenticator ?? Authenticator(context: context, loop: loop, metrics: metrics)
            self.authenticator = authenticator
            authenticator.admit(allowList)
        }
        return try ZeroMQServerSocket(context: context, endpoint: endpoint, security: security, maxFrameBytes: maxFrameBytes)
    }

    mutating func clientSocket(
        _ endpoint: Endpoint, security: ClientSecurity, maxFrameBytes: Int, loop: SocketThread
    ) throws -> any ClientSocket {
        if case .inproc(let name) = endpoint.address {
            return InProcessClientSocket(name: name, loop: loop)
        }
        return try ZeroMQClientSocket(context: zeroMQ(), endpoint: endpoint, security: security, maxFrameBytes: maxFrameBytes)
    }

    /// After every socket is closed: waits for what lingers.
    mutating func terminate() {
        authenticator?.close()
        authenticator = nil
        context?.terminate()
        context = nil
    }
}

extension SocketThread {
    /// On the thread.
    /// - Throws: where the endpoint cannot be bound, in words that name it.
    package func makeServerSocket(
        _ endpoint: Endpoint, security: ServerSecurity, maxFrameBytes: Int, metrics: TransportMetrics
    ) throws -> any ServerSocket {
        try sockets.serverSocket(endpoint, security: security, maxFrameBytes: maxFrameBytes, loop: self, metrics: metrics)
    }

    /// On the thread.
    package func makeClientSocket(_ endpoint: Endpoint, security: ClientSecurity, maxFrameBytes: Int) throws -> any ClientSocket {
        try sockets.clientSocket(endpoint, security: security, maxFrameBytes: maxFrameBytes, loop: self)
    }
}
