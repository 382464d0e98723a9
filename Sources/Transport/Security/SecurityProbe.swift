import CZeroMQ

/// The test at start-up that a server with CURVE refuses a key it does not know. libzmq admits anybody when a handler or a domain is
/// missing, without a word; so the server is asked itself.
package enum SecurityProbe {
    /// Connects to `endpoint`, which is bound already, as a stranger with a new key, and returns when the handshake is refused with
    /// status 400. Blocks up to `timeout`, so it is called on a thread that may block and is not the one that answers ZAP.
    ///
    /// Throws ``SecurityError/Code/probe`` when the server admits the stranger, when the handshake ends in another way, as by a
    /// ``PublicKey`` that is not the server's, or does not end in time. The daemon must not start then.
    package static func run(endpoint: Endpoint, server: PublicKey, timeout: Duration = .seconds(5)) throws(SecurityError) {
        let deadline = ContinuousClock.now + timeout
        let address = try connectable(endpoint)
        let context = zmq_ctx_new()
        defer { zmq_ctx_term(context) }
        guard let context, let socket = zmq_socket(context, ZMQ_DEALER) else { throw failed(endpoint, libraryFault("zmq_socket")) }
        defer { zmq_close(socket) }
        guard let monitor = zmq_socket(context, ZMQ_PAIR) else { throw failed(endpoint, libraryFault("zmq_socket")) }
        defer { zmq_close(monitor) }

        for (option, value) in [(ZMQ_LINGER, 0), (ZMQ_RECONNECT_IVL, -1), (ZMQ_IPV6, endpoint.isIPv6 ? 1 : 0)] as [(Int32, Int32)] {
            var value = value
            let result = zmq_setsockopt(socket, option, &value, MemoryLayout<Int32>.size)
            precondition(result == 0, "libzmq refuses a plain option")
        }
        try CurveOptions.setClient(socket, server: server, keys: .generate())
        let events = "inproc://security-probe"
        guard zmq_socket_monitor(socket, events, Int32(ZMQ_EVENT_ALL)) == 0, zmq_connect(monitor, events) == 0 else {
            throw failed(endpoint, libraryFault("zmq_socket_monitor"))
        }
        guard zmq_connect(socket, address) == 0 else { throw failed(endpoint, libraryFault("zmq_connect to \(address)")) }

        while let event = next(of: monitor, before: deadline) {
            switch event.kind {
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH where event.value == 400: return
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
                throw failed(endpoint, "the ZAP handler answers a stranger with \(event.value) and not with 400")
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
                throw failed(endpoint, "the server admits a key that is not in the allow-list, so anybody: it must not start")
            case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
                throw failed(endpoint, "the CURVE handshake fails before the key is judged: is this the server's public key?")
            case ZMQ_EVENT_DISCONNECTED, ZMQ_EVENT_CLOSED:
                throw failed(endpoint, "the connection is closed before the key is judged: is the server bound there?")
            default: continue
            }
        }
        throw failed(endpoint, "no answer within \(timeout): is the server bound, and does its ZAP handler run?")
    }

    private struct Event {
        let kind: Int32
        let value: UInt32
    }

    /// The next event; nil when the deadline passes before it.
    private static func next(of monitor: UnsafeMutableRawPointer, before deadline: ContinuousClock.Instant) -> Event? {
        var item = zmq_pollitem_t(socket: monitor, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
        while true {
            let left = deadline - .now
            if left <= .zero { return nil }
            // Rounded up: rounded down, the last millisecond would spin.
            let milliseconds = min(left.components.seconds, 1_000_000) * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
            guard zmq_poll(&item, 1, Int(milliseconds)) > 0 else { continue }
            // Two frames: the event (16 bits) with its value (32 bits) in the byte order of the machine, and an address.
            var event = [UInt8](repeating: 0, count: 6)
            var address = [UInt8](repeating: 0, count: 256)
            guard zmq_recv(monitor, &event, event.count, 0) == event.count, zmq_recv(monitor, &address, address.count, 0) >= 0 else {
                continue
            }
            return event.withUnsafeBytes {
                Event(
                    kind: Int32($0.loadUnaligned(as: UInt16.self)), value: $0.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
            }
        }
    }

    private static func connectable(_ endpoint: Endpoint) throws(SecurityError) -> String {
        guard case .tcp = endpoint.address else { throw failed(endpoint, "only tcp:// speaks CURVE, so there is nothing to test") }
        do {
            return try endpoint.fromThisMachine.connectText()
        } catch {
            throw failed(endpoint, error.message)
        }
    }

    private static func libraryFault(_ call: String) -> String {
        "\(call) fails, \(String(cString: zmq_strerror(zmq_errno())))"
    }

    private static func failed(_ endpoint: Endpoint, _ message: String) -> SecurityError {
        SecurityError(code: .probe, place: endpoint.description, message: "security test: \(message)")
    }
}
