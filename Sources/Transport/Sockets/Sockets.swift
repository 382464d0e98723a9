/// Which connection of a server's socket a message came from: the 32-bit routing id that the socket itself has given out. It tells
/// connections apart and gives no right.
package struct PeerID: Sendable, Hashable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// What came of handing a message to a socket, without blocking.
package enum SendOutcome: Sendable, Hashable {
    case sent
    /// The way to the peer is full for now.
    case full
    /// The peer is gone.
    case unreachable
}

/// Who speaks through a server's socket: hears of every message, on the socket thread. The bytes are valid during the call only.
package protocol ServerSocketSink: AnyObject {
    /// - Parameter user: the ZAP user id (Z85 public key) that this very message came under; nil without CURVE.
    func received(from peer: PeerID, user: @autoclosure () -> String?, header: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer)
    /// A message that does not have two frames, or comes under a routing id of the peer's own choice (then `peer` is nil).
    func receivedMalformed(from peer: PeerID?, frameCount: Int)
}

/// The binding side: libzmq's ROUTER, or its in-process twin. Confined to the socket thread.
package protocol ServerSocket: LoopSource {
    /// Where it is bound, with the port that was found for port 0.
    var boundEndpoint: Endpoint { get }
    var sink: (any ServerSocketSink)? { get set }
    /// - Parameter inFlight: of that peer; over its bound the way is full.
    func send(to peer: PeerID, header: UnsafeRawBufferPointer, payload: Payload, inFlight: BytesInFlight) -> SendOutcome
    /// - Parameter linger: how long what was sent may still take to leave.
    func close(linger: Nanoseconds)
}

/// Why a client's socket is of no more use.
package enum SocketLoss: Sendable, Hashable {
    /// Nobody listens there, or the way to it broke.
    case disconnected
    /// The server refused the key, or its key is not the one expected.
    case refused(String)
}

package protocol ClientSocketSink: AnyObject {
    func received(header: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer)
    func receivedMalformed(frameCount: Int)
    /// Nothing comes after this.
    func lost(_ loss: SocketLoss)
}

/// The connecting side: one DEALER, one attempt; never reconnects by itself. Confined to the socket thread.
package protocol ClientSocket: LoopSource {
    var sink: (any ClientSocketSink)? { get set }
    func send(header: UnsafeRawBufferPointer, payload: Payload) -> SendOutcome
    func close(linger: Nanoseconds)
}

/// A payload frame on its way out: bytes that are shared, never copied before they reach the socket.
package typealias Payload = [UInt8]
