import CZeroMQ
import Glibc

/// The options of CURVE on a libzmq socket, all of them at once: half of them admit anybody. Called on the socket's thread, before bind
/// or connect.
package enum CurveOptions {
    /// A server's: its secret key, and the ZAP domain without which libzmq asks no handler.
    package static func setServer(_ socket: UnsafeMutableRawPointer, keys: KeyPair) throws(SecurityError) {
        try set(socket, ZMQ_CURVE_SERVER, 1, "ZMQ_CURVE_SERVER")
        try set(socket, ZMQ_CURVE_SECRETKEY, keys.secretKey.bytes, "ZMQ_CURVE_SECRETKEY")
        try set(socket, ZMQ_ZAP_DOMAIN, Array(ZAP.domain.utf8), "ZMQ_ZAP_DOMAIN")
        try set(socket, Int32(CZMQ_ZAP_ENFORCE_DOMAIN), 1, "ZMQ_ZAP_ENFORCE_DOMAIN")
    }

    /// A client's: the key of the server it wants, and its own.
    package static func setClient(_ socket: UnsafeMutableRawPointer, server: PublicKey, keys: KeyPair) throws(SecurityError) {
        try set(socket, ZMQ_CURVE_SERVERKEY, server.bytes, "ZMQ_CURVE_SERVERKEY")
        try set(socket, ZMQ_CURVE_PUBLICKEY, keys.publicKey.bytes, "ZMQ_CURVE_PUBLICKEY")
        try set(socket, ZMQ_CURVE_SECRETKEY, keys.secretKey.bytes, "ZMQ_CURVE_SECRETKEY")
    }

    private static func set(_ socket: UnsafeMutableRawPointer, _ option: Int32, _ value: Int32, _ name: String) throws(SecurityError) {
        var value = value
        try check(zmq_setsockopt(socket, option, &value, MemoryLayout<Int32>.size), name)
    }

    private static func set(_ socket: UnsafeMutableRawPointer, _ option: Int32, _ value: [UInt8], _ name: String) throws(SecurityError) {
        try check(zmq_setsockopt(socket, option, value, value.count), name)
    }

    private static func check(_ result: Int32, _ name: String) throws(SecurityError) {
        if result == 0 { return }
        let reason = String(cString: zmq_strerror(zmq_errno()))
        throw SecurityError(
            code: .configuration, place: nil, message: "libzmq refuses \(name), \(reason): it must be 4.3 or later, with CURVE")
    }
}
