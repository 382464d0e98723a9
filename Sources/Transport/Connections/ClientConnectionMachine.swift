package import Wire

/// One attempt to connect and the connection that comes of it, as the client sees it: the table of PROTOCOL.md 6.3 (its state *lost*
/// is the end of this value; the next attempt gets a new one). Pure.
package struct ClientConnectionMachine: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case connecting
        case ready
        /// The server takes nothing new.
        case draining
        case lost
    }

    package enum Action: Sendable, Hashable {
        case becameReady
        case becameDraining
        /// STATUS, MESSAGE or CREDIT of a call.
        case deliver
        case pong
        case ignore
        case drop(MalformedReason)
        /// Close the socket, saying BYE first if `sayBye`.
        case lose(ConnectionLoss)
    }

    package let epoch: UInt64
    package private(set) var state = State.connecting

    package init(epoch: UInt64) { self.epoch = epoch }

    package mutating func received(version: UInt32, kind: Kind, epoch: UInt64, status: UInt32, statusMessage: String) -> Action {
        guard state != .lost else { return .ignore }
        if version != 1, kind != .bye { return broken(.version, "protocol version \(version) is not spoken here; 1 is") }
        guard epoch == self.epoch else { return .drop(.epoch) }
        switch kind {
        case .hello:
            guard state == .connecting else { return broken(.state, "HELLO came twice") }
            state = .ready
            return .becameReady
        case .status, .message, .credit:
            guard state != .connecting else { return broken(.state, "\(kind.label) came before HELLO") }
            return .deliver
        case .ping: return .pong
        case .pong: return .ignore
        case .goaway:
            switch state {
            case .connecting: return lose(ConnectionLoss(.unavailable, "the server is shutting down"))
            case .ready:
                state = .draining
                return .becameDraining
            case .draining, .lost: return .ignore
            }
        case .bye:
            let code = status == 0 ? StatusCode.unavailable : StatusCode(wireValue: status)
            let text = statusMessage.isEmpty ? "the server ended the connection" : "the server ended the connection: \(statusMessage)"
            return lose(ConnectionLoss(code, text))
        default: return broken(.kind, "kind \(kind.rawValue) is not for a server to send")
        }
    }

    /// The server broke a rule.
    package mutating func broken(_ reason: MalformedReason, _ rule: String) -> Action {
        lose(ConnectionLoss(.internal, "the server broke the protocol: \(rule)", sayBye: true, reason: reason))
    }

    package mutating func lose(_ loss: ConnectionLoss) -> Action {
        guard state != .lost else { return .ignore }
        state = .lost
        return .lose(loss)
    }
}

/// Why a client's connection ended, in the words that its open calls end with.
package struct ConnectionLoss: Error, Sendable, Hashable {
    package var code: StatusCode
    package var message: String
    /// Whether the server may still listen and should be told.
    package var sayBye: Bool
    package var reason: MalformedReason?

    package init(_ code: StatusCode, _ message: String, sayBye: Bool = false, reason: MalformedReason? = nil) {
        self.code = code
        self.message = message
        self.sayBye = sayBye
        self.reason = reason
    }
}
