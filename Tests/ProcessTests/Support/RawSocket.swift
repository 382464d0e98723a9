import ChildProcesses
import Foundation
import Glibc

/// A plain TCP connection to this machine, for bytes that no ZeroMQ would send.
struct RawSocket: ~Copyable {
    private let descriptor: CInt

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Missing(description: "a socket: \(String(cString: strerror(errno)))") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard status == 0 else { throw Missing(description: "a connection to port \(port): \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Sends what the other side takes; that it hangs up is what some of the tests want.
    func send(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL)) }

    /// Sends no more, but stays open.
    func finish() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// Waits until the other side has closed the connection.
    /// - Returns: false when it did not within `seconds`.
    func isClosedByPeer(within seconds: Int) -> Bool {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { return true }
            if count < 0 { return errno != EAGAIN && errno != EWOULDBLOCK }
        }
    }
}

/// A plain TCP server on a free port of this machine that greets everybody with some bytes and hangs up, until it is closed.
final class RudeServer: Sendable {
    let port: UInt16
    private let descriptor: CInt
    private let visitors = Count()

    /// - Parameter greeting: sent before it hangs up.
    init(greeting: [UInt8]) throws {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Missing(description: "a socket: \(String(cString: strerror(errno)))") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard status else { throw Missing(description: "a port: \(String(cString: strerror(errno)))") }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
        let visitors = visitors
        Thread.detachNewThread {
            while true {
                let visitor = accept(descriptor, nil, nil)
                guard visitor >= 0 else { return }
                visitors.increment()
                _ = Glibc.send(visitor, greeting, greeting.count, CInt(MSG_NOSIGNAL))
                close(visitor)
            }
        }
    }

    /// How many came so far.
    var visitorCount: Int { visitors.value }

    /// Ends `accept` too.
    func stop() {
        shutdown(descriptor, CInt(SHUT_RDWR))
        close(descriptor)
    }
}

/// What ZeroMQ's peers say (ZMTP 3.1, RFC 37), and where it goes wrong.
enum ZMTP {
    /// A greeting for the NULL mechanism, and READY as a DEALER.
    static let handshake: [UInt8] = {
        let signature: [UInt8] = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f]
        let mechanism = Array("NULL".utf8) + [UInt8](repeating: 0, count: 16)
        let greeting = signature + [3, 1] + mechanism + [0] + [UInt8](repeating: 0, count: 31)
        let type = Array("Socket-Type".utf8)
        let ready = [5] + Array("READY".utf8) + [UInt8(type.count)] + type + [0, 0, 0, 6] + Array("DEALER".utf8)
        return greeting + [4, UInt8(ready.count)] + ready
    }()

    /// The beginning of a frame that claims to have `bytes` bytes.
    static func longFrame(_ bytes: UInt64) -> [UInt8] {
        [2] + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bytes >> UInt64($0)) }
    }
}
