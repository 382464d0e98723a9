internal import CZeroMQ
internal import Glibc

/// A DEALER and the PAIR by which libzmq tells what becomes of its one connection. Confined to the socket thread.
final class ZeroMQClientSocket: ClientSocket {
    /// Until it is closed.
    var sink: (any ClientSocketSink)?
    private let inFlight = BytesInFlight()
    private let frames: ZeroMQFrames
    private let monitor: UnsafeMutableRawPointer
    private var open = true
    private var loss: SocketLoss?
    private var lossIsTold = false
    private let speaksCurve: Bool

    /// Of `ZMQ_RECONNECT_IVL`: 24 days, which is never, since a socket that lost its connection is closed. With -1, libzmq's own word for
    /// never, it drops what has arrived and was not read yet (4.3.4: `session_base_t::reconnect` ends the pipe without delay).
    private static let neverReconnect = CInt.max

    /// - Throws: for an endpoint that cannot be connected to, such as `tcp://*:1`.
    init(context: ZeroMQContext, endpoint: Endpoint, security: ClientSecurity, maxFrameBytes: Int) throws {
        let address = try endpoint.connectText()
        let socket = try context.socket(ZMQ_DEALER)
        let monitor: UnsafeMutableRawPointer
        do throws(SocketError) {
            monitor = try context.socket(ZMQ_PAIR)
        } catch {
            zmq_close(socket)
            throw error
        }
        setCommonOptions(socket, endpoint: endpoint, maxFrameBytes: maxFrameBytes)
        setOption(socket, ZMQ_RECONNECT_IVL, Self.neverReconnect)
        setOption(monitor, ZMQ_LINGER, 0)
        let watched = "inproc://monitor-\(UInt(bitPattern: socket))"
        let events =
            ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
            | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
        do {
            if case .curve(let server, let keys) = security { try CurveOptions.setClient(socket, server: server, keys: keys) }
            guard zmq_socket_monitor(socket, watched, events) == 0, zmq_connect(monitor, watched) == 0,
                zmq_connect(socket, address) == 0
            else { throw SocketError.last("connecting to \(endpoint)") }
        } catch {
            zmq_close(monitor)
            zmq_close(socket)
            throw error
        }
        if case .curve = security { speaksCurve = true } else { speaksCurve = false }
        self.monitor = monitor
        frames = ZeroMQFrames(socket: socket)
    }

    var pollDescriptors: [CInt] { open ? [descriptor(of: frames.socket), descriptor(of: monitor)] : [] }

    func drain(limit: Int) -> Int {
        var handled = 0
        while open, handled < limit, case .message(let count) = frames.receive(routed: false) {
            handled += 1
            if count == 2 {
                sink?.received(header: ZeroMQFrames.bytes(frames.header), payload: ZeroMQFrames.bytes(frames.payload))
            } else {
                sink?.receivedMalformed(frameCount: count)
            }
        }
        // Only when nothing else came: under load it would be asked for every few messages, in vain.
        if open, handled == 0 { handled += watchConnection() }
        return handled
    }

    /// Looks at the monitor's events (`zmq_socket_monitor(3)`): an event number and value in the first frame, an address in the second.
    private func watchConnection() -> Int {
        if let loss {
            guard !lossIsTold else { return 0 }
            // A turn after it was seen, so that everything that came before it has been read.
            lossIsTold = true
            sink?.lost(loss)
            return 1
        }
        var event = zmq_msg_t()
        zmq_msg_init(&event)
        defer { zmq_msg_close(&event) }
        guard zmq_msg_recv(&event, monitor, ZMQ_DONTWAIT) >= 0 else { return 0 }
        let bytes = ZeroMQFrames.bytes(&event)
        guard bytes.count >= 6 else { return 1 }
        let number = CInt(bytes.loadUnaligned(fromByteOffset: 0, as: UInt16.self))
        let value = bytes.loadUnaligned(fromByteOffset: 2, as: UInt32.self)
        if zmq_msg_more(&event) != 0 { _ = zmq_msg_recv(&event, monitor, ZMQ_DONTWAIT) }
        switch number {
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: loss = .refused("the server refused this client's key (ZAP status \(value))")
        // Without detail the connection just ended; without keys that says nothing but that the server went.
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL where !speaksCurve: loss = .disconnected
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            loss = .refused("the security handshake failed: does the server use CURVE, and is its public key the one given?")
        default: loss = .disconnected
        }
        return 1
    }

    func send(header: UnsafeRawBufferPointer, payload: Payload) -> SendOutcome {
        open && loss == nil ? frames.send(routingID: nil, header: header, payload: payload, inFlight: inFlight) : .unreachable
    }

    func close(linger: Nanoseconds) {
        guard open else { return }
        open = false
        sink = nil
        zmq_socket_monitor(frames.socket, nil, 0)
        zmq_close(monitor)
        setOption(frames.socket, ZMQ_LINGER, CInt(clamping: linger.count / 1_000_000))
        zmq_close(frames.socket)
    }
}
