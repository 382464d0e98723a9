internal import CZeroMQ
internal import Glibc

/// A ROUTER. Confined to the socket thread.
final class ZeroMQServerSocket: ServerSocket {
    let boundEndpoint: Endpoint
    /// Until it is closed.
    var sink: (any ServerSocketSink)?
    private let frames: ZeroMQFrames
    private var open = true
    private let hasUsers: Bool
    private let lock: SocketLock?

    /// - Throws: where the endpoint cannot be bound: in use, no such host, no such folder, or another daemon serves the path.
    init(context: ZeroMQContext, endpoint: Endpoint, security: ServerSecurity, maxFrameBytes: Int) throws {
        let address = try endpoint.bindText()
        // Before the socket, whose bind would take the path from a daemon that lives.
        if case .ipc(let path) = endpoint.address { lock = try SocketLock(path: path) } else { lock = nil }
        let socket = try context.socket(ZMQ_ROUTER)
        setCommonOptions(socket, endpoint: endpoint, maxFrameBytes: maxFrameBytes)
        setOption(socket, ZMQ_ROUTER_MANDATORY, 1)
        do {
            if case .curve(let keys, _) = security {
                hasUsers = true
                try CurveOptions.setServer(socket, keys: keys)
            } else {
                hasUsers = false
            }
            guard zmq_bind(socket, address) == 0 else { throw SocketError.last("binding \(endpoint)") }
        } catch {
            zmq_close(socket)
            throw error
        }
        boundEndpoint = Self.lastEndpoint(of: socket) ?? endpoint
        frames = ZeroMQFrames(socket: socket)
    }

    private static func lastEndpoint(of socket: UnsafeMutableRawPointer) -> Endpoint? {
        var text = [CChar](repeating: 0, count: 512)
        var count = text.count
        guard zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, &text, &count) == 0 else { return nil }
        return try? Endpoint(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    var pollDescriptors: [CInt] { open ? [descriptor(of: frames.socket)] : [] }

    func drain(limit: Int) -> Int {
        var handled = 0
        while open, handled < limit, case .message(let count) = frames.receive(routed: true) {
            handled += 1
            guard let peer = sender() else {
                sink?.receivedMalformed(from: nil, frameCount: count)
                continue
            }
            guard count == 2 else {
                sink?.receivedMalformed(from: peer, frameCount: count)
                continue
            }
            sink?.received(
                from: peer, user: user(), header: ZeroMQFrames.bytes(frames.header), payload: ZeroMQFrames.bytes(frames.payload))
        }
        return handled
    }

    /// nil for a routing id of the peer's own choice, which PROTOCOL.md forbids: it could be another's next week.
    private func sender() -> PeerID? {
        let id = ZeroMQFrames.bytes(frames.routingID)
        guard id.count == 5, id[0] == 0 else { return nil }
        return PeerID(rawValue: UInt32(id[1]) << 24 | UInt32(id[2]) << 16 | UInt32(id[3]) << 8 | UInt32(id[4]))
    }

    private func user() -> String? {
        guard hasUsers, let text = zmq_msg_gets(frames.header, "User-Id") else { return nil }
        return String(validatingCString: text)
    }

    func send(to peer: PeerID, header: UnsafeRawBufferPointer, payload: Payload, inFlight: BytesInFlight) -> SendOutcome {
        open ? frames.send(routingID: peer.rawValue, header: header, payload: payload, inFlight: inFlight) : .unreachable
    }

    func close(linger: Nanoseconds) {
        guard open else { return }
        open = false
        sink = nil
        setOption(frames.socket, ZMQ_LINGER, CInt(clamping: linger.count / 1_000_000))
        zmq_close(frames.socket)
        // libzmq leaves the socket's file; the next daemon's lock removes it.
        lock?.close()
    }
}
