internal import CZeroMQ
internal import Glibc

/// Receives and sends two-frame messages on a socket, reusing its `zmq_msg_t`s. Confined to the socket thread.
final class ZeroMQFrames {
    enum Received {
        case nothing
        /// Frames after the routing id; the first two are in `header` and `payload`.
        case message(frameCount: Int)
    }

    let socket: UnsafeMutableRawPointer
    // On the heap: libzmq keeps small frames inside the `zmq_msg_t`, so that it must not move while its bytes are read.
    private let messages = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 3)

    init(socket: UnsafeMutableRawPointer) {
        self.socket = socket
        messages.initialize(repeating: zmq_msg_t(), count: 3)
        for index in 0..<3 { zmq_msg_init(messages + index) }
    }

    deinit {
        for index in 0..<3 { zmq_msg_close(messages + index) }
        messages.deallocate()
    }

    // What the last `receive` took, until the next.
    var routingID: UnsafeMutablePointer<zmq_msg_t> { messages }
    var header: UnsafeMutablePointer<zmq_msg_t> { messages + 1 }
    var payload: UnsafeMutablePointer<zmq_msg_t> { messages + 2 }

    static func bytes(_ message: UnsafeMutablePointer<zmq_msg_t>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message))
    }

    /// A message arrives whole or not at all, so that only its first frame can be missing.
    func receive(routed: Bool) -> Received {
        if routed {
            guard zmq_msg_recv(routingID, socket, ZMQ_DONTWAIT) >= 0 else { return .nothing }
            guard zmq_msg_more(routingID) != 0 else { return .message(frameCount: 0) }
        }
        guard zmq_msg_recv(header, socket, ZMQ_DONTWAIT) >= 0 else { return .nothing }
        guard zmq_msg_more(header) != 0 else { return .message(frameCount: 1) }
        guard zmq_msg_recv(payload, socket, ZMQ_DONTWAIT) >= 0 else { return .nothing }
        var count = 2
        guard zmq_msg_more(payload) != 0 else { return .message(frameCount: 2) }
        var rest = zmq_msg_t()
        zmq_msg_init(&rest)
        while zmq_msg_recv(&rest, socket, ZMQ_DONTWAIT) >= 0 {
            count += 1
            if zmq_msg_more(&rest) == 0 { break }
        }
        zmq_msg_close(&rest)
        return .message(frameCount: count)
    }

    /// - Parameter routingID: five bytes on a ROUTER, nil on a DEALER.
    func send(routingID: UInt32?, header: UnsafeRawBufferPointer, payload: [UInt8], inFlight: BytesInFlight) -> SendOutcome {
        if payload.count >= SocketLimits.countedFrameBytes, inFlight.count > SocketLimits.maxBytesInFlight { return .full }
        if let routingID {
            // libzmq's own ids: a zero and 32 bits.
            var id: (UInt8, UInt8, UInt8, UInt8, UInt8) = (
                0, UInt8(truncatingIfNeeded: routingID >> 24), UInt8(truncatingIfNeeded: routingID >> 16),
                UInt8(truncatingIfNeeded: routingID >> 8), UInt8(truncatingIfNeeded: routingID)
            )
            guard zmq_send(socket, &id, 5, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0 else { return failure() }
        }
        guard zmq_send(socket, header.baseAddress, header.count, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0 else { return failure() }
        if payload.count < SocketLimits.countedFrameBytes {
            return zmq_send(socket, payload, payload.count, ZMQ_DONTWAIT) >= 0 ? .sent : failure()
        }
        var message = zmq_msg_t()
        let made = payload.withUnsafeBytes { inFlight.initialize(&message, copying: $0) }
        precondition(made, "out of memory for a frame of \(payload.count) bytes")
        if zmq_msg_send(&message, socket, ZMQ_DONTWAIT) >= 0 { return .sent }
        let outcome = failure()
        zmq_msg_close(&message)
        return outcome
    }

    private func failure() -> SendOutcome {
        switch zmq_errno() {
        case EAGAIN: .full
        case EHOSTUNREACH: .unreachable
        case EINTR: .full
        case let code: preconditionFailure("zmq_send: \(String(cString: zmq_strerror(code)))")
        }
    }
}
