internal import CZeroMQ
internal import Glibc

/// Answers libzmq's questions whether a key may come in (ZAP, RFC 27): a ROUTER at the address that libzmq asks, on the socket thread.
final class Authenticator: LoopSource {
    /// A request has 9 frames and a delimiter; more is not libzmq's.
    private static let maxFrames = 16

    private let socket: UnsafeMutableRawPointer
    private unowned let loop: SocketThread
    private let metrics: TransportMetrics
    private var allowLists: [AllowListSource] = []
    private var open = true

    init(context: ZeroMQContext, loop: SocketThread, metrics: TransportMetrics) throws(SocketError) {
        socket = try context.socket(ZMQ_ROUTER)
        self.loop = loop
        self.metrics = metrics
        setOption(socket, ZMQ_LINGER, 0)
        guard zmq_bind(socket, ZAP.endpoint) == 0 else {
            let error = SocketError.last("binding the authenticator")
            zmq_close(socket)
            throw error
        }
        loop.add(self)
    }

    /// A key in any of the lists gets its connection; each listener then asks its own list who that is.
    func admit(_ list: AllowListSource) {
        if !allowLists.contains(where: { $0 === list }) { allowLists.append(list) }
    }

    var pollDescriptors: [CInt] { open ? [descriptor(of: socket)] : [] }

    func drain(limit: Int) -> Int {
        var handled = 0
        while open, handled < limit, let frames = receive() {
            handled += 1
            // Routing id, empty delimiter, then the request.
            guard frames.count > 2, frames[1].isEmpty else { continue }
            let answer = answer(Array(frames[2...]))
            if case .denied = answer.decision { metrics.countDeniedAuth() }
            send([frames[0], []] + answer.frames)
        }
        return handled
    }

    private func answer(_ request: [[UInt8]]) -> ZAP.Answer {
        var answer = ZAP.answer(request, allowList: AllowList())
        for list in allowLists {
            answer = ZAP.answer(request, allowList: list.current)
            if case .admitted = answer.decision { break }
        }
        return answer
    }

    private func receive() -> [[UInt8]]? {
        var frames: [[UInt8]] = []
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        defer { zmq_msg_close(&message) }
        while zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) >= 0 {
            if frames.count < Self.maxFrames {
                frames.append(Array(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
            }
            if zmq_msg_more(&message) == 0 { return frames }
        }
        return nil
    }

    private func send(_ frames: [[UInt8]]) {
        for (index, frame) in frames.enumerated() {
            let more = index + 1 < frames.count ? ZMQ_SNDMORE : 0
            // The asking session may have gone meanwhile; then nobody misses the answer.
            if zmq_send(socket, frame, frame.count, ZMQ_DONTWAIT | more) < 0 { return }
        }
    }

    func close() {
        guard open else { return }
        open = false
        loop.remove(self)
        zmq_close(socket)
    }
}
