internal import Glibc

/// The binding side of the in-process twin. Confined to the socket thread.
final class InProcessServerSocket: ServerSocket {
    let boundEndpoint: Endpoint
    /// Until it is closed.
    var sink: (any ServerSocketSink)?
    private let name: String
    private let inbox: InProcessServerInbox
    private var open = true

    init(endpoint: Endpoint, name: String, loop: SocketThread) throws(SocketError) {
        self.name = name
        boundEndpoint = endpoint
        inbox = InProcessServerInbox { [weak loop] in loop?.wake() }
        guard InProcessNetwork.bind(name, inbox) else {
            throw SocketError(operation: "binding inproc://\(name)", errno: EADDRINUSE)
        }
    }

    var pollDescriptors: [CInt] { [] }

    func drain(limit: Int) -> Int {
        var handled = 0
        while open, handled < limit, let entry = inbox.pop() {
            handled += 1
            entry.header.withUnsafeBytes { header in
                entry.payload.withUnsafeBytes { payload in
                    sink?.received(from: entry.peer, user: nil, header: header, payload: payload)
                }
            }
        }
        return handled
    }

    func send(to peer: PeerID, header: UnsafeRawBufferPointer, payload: Payload, inFlight: BytesInFlight) -> SendOutcome {
        guard open, let client = inbox.client(peer) else { return .unreachable }
        guard InProcessNetwork.fate(name, .toClient, header) == .deliver else { return .sent }
        return client.push(header: header, payload: payload)
    }

    func close(linger: Nanoseconds) {
        guard open else { return }
        open = false
        sink = nil
        InProcessNetwork.unbind(name)
        inbox.severAll()
    }
}

/// The connecting side of the in-process twin. Confined to the socket thread.
final class InProcessClientSocket: ClientSocket {
    /// Until it is closed.
    var sink: (any ClientSocketSink)?
    private let name: String
    private let server: InProcessServerInbox?
    private let inbox: InProcessClientInbox
    private let peer: PeerID?
    private var open = true
    private var toldLoss = false

    init(name: String, loop: SocketThread) {
        self.name = name
        inbox = InProcessClientInbox { [weak loop] in loop?.wake() }
        server = InProcessNetwork.server(name)
        peer = server?.attach(inbox)
        if server == nil { inbox.lose() }
    }

    var pollDescriptors: [CInt] { [] }

    func drain(limit: Int) -> Int {
        var handled = 0
        while open, handled < limit, let message = inbox.pop() {
            handled += 1
            message.header.withUnsafeBytes { header in
                message.payload.withUnsafeBytes { sink?.received(header: header, payload: $0) }
            }
        }
        if open, handled < limit, !toldLoss, inbox.isLost {
            toldLoss = true
            handled += 1
            sink?.lost(.disconnected)
        }
        return handled
    }

    func send(header: UnsafeRawBufferPointer, payload: Payload) -> SendOutcome {
        guard open, let server, let peer else { return .unreachable }
        guard InProcessNetwork.fate(name, .toServer, header) == .deliver else { return .sent }
        return server.push(InProcessServerInbox.Entry(peer: peer, header: Array(header), payload: payload))
    }

    func close(linger: Nanoseconds) {
        guard open else { return }
        open = false
        sink = nil
        if let peer { server?.detach(peer) }
    }
}
