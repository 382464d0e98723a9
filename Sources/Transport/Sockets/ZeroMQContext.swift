internal import CZeroMQ
internal import Glibc

/// A failed call of libzmq that bad input or the state of the machine can cause.
package struct SocketError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was tried, on what.
    package let operation: String
    package let errno: CInt

    package var description: String { "\(operation): \(String(cString: zmq_strerror(errno)))" }

    static func last(_ operation: String) -> SocketError { SocketError(operation: operation, errno: zmq_errno()) }
}

/// libzmq's context: its I/O thread and the sockets made in it. Owned by one socket thread.
final class ZeroMQContext {
    let handle: UnsafeMutableRawPointer

    init() throws(SocketError) {
        guard let handle = zmq_ctx_new() else { throw .last("zmq_ctx_new") }
        self.handle = handle
        // Inherited by every socket: the default linger of libzmq is for ever, and would hang `terminate`.
        zmq_ctx_set(handle, ZMQ_BLOCKY, 0)
    }

    func socket(_ type: CInt) throws(SocketError) -> UnsafeMutableRawPointer {
        guard let socket = zmq_socket(handle, type) else { throw .last("zmq_socket") }
        return socket
    }

    /// Waits until the sockets, all of which must be closed, have sent what their linger allows.
    func terminate() {
        while zmq_ctx_term(handle) != 0 && zmq_errno() == EINTR {}
    }
}

/// Options of sockets; a failure is a fault of this file, so it traps.
func setOption(_ socket: UnsafeMutableRawPointer, _ option: CInt, _ value: CInt) {
    var value = value
    let status = zmq_setsockopt(socket, option, &value, MemoryLayout<CInt>.size)
    precondition(status == 0, "zmq_setsockopt(\(option)): \(String(cString: zmq_strerror(zmq_errno())))")
}

func setOption(_ socket: UnsafeMutableRawPointer, _ option: CInt, int64 value: Int64) {
    var value = value
    let status = zmq_setsockopt(socket, option, &value, MemoryLayout<Int64>.size)
    precondition(status == 0, "zmq_setsockopt(\(option)): \(String(cString: zmq_strerror(zmq_errno())))")
}

/// What becomes readable when something happens to the socket.
func descriptor(of socket: UnsafeMutableRawPointer) -> CInt {
    var descriptor: CInt = -1
    var size = MemoryLayout<CInt>.size
    let status = zmq_getsockopt(socket, ZMQ_FD, &descriptor, &size)
    precondition(status == 0, "ZMQ_FD: \(String(cString: zmq_strerror(zmq_errno())))")
    return descriptor
}

/// What every socket of calls has set (PROTOCOL.md 1).
func setCommonOptions(_ socket: UnsafeMutableRawPointer, endpoint: Endpoint, maxFrameBytes: Int) {
    setOption(socket, ZMQ_LINGER, 0)
    setOption(socket, ZMQ_HEARTBEAT_IVL, 0)
    setOption(socket, ZMQ_MAXMSGSIZE, int64: Int64(max(2 * maxFrameBytes, 256 * 1024)))
    setOption(socket, ZMQ_SNDHWM, SocketLimits.highWaterMark)
    setOption(socket, ZMQ_RCVHWM, SocketLimits.highWaterMark)
    setOption(socket, ZMQ_IPV6, endpoint.isIPv6 ? 1 : 0)
}

enum SocketLimits {
    /// Messages that libzmq holds for a peer in each direction. Flow control is by credit; this bounds what a fault could pile up.
    static let highWaterMark: CInt = 1_000
    /// Bytes of large frames that libzmq may hold for one peer before `send` says `full`.
    static let maxBytesInFlight = 8 << 20
    /// From this size a frame is counted until it has left; smaller ones are bounded by the high-water mark.
    static let countedFrameBytes = 4_096
}
