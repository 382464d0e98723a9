package import Wire

/// A connection as its server sees it: the table of PROTOCOL.md 6.4. Pure: no I/O and no clock; each input returns what to do.
package struct ServerConnectionMachine: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// No HELLO has come of this routing id.
        case unknown
        case ready(epoch: UInt64)
        /// GOAWAY was sent: open calls finish.
        case draining(epoch: UInt64)
        case forgotten
    }

    /// The parts of a header that decide.
    package struct Input: Sendable, Hashable {
        package var version: UInt32
        package var kind: Kind
        package var epoch: UInt64
        package var callID: UInt64

        package init(version: UInt32 = 1, kind: Kind, epoch: UInt64, callID: UInt64 = 0) {
            self.version = version
            self.kind = kind
            self.epoch = epoch
            self.callID = callID
        }
    }

    package enum Action: Sendable, Hashable {
        /// Answer with HELLO; calls of an epoch before are forgotten.
        case welcome(forgettingCalls: Bool)
        /// A call opens.
        case open
        /// The call is refused: the server takes nothing new.
        case refuseDraining
        /// For a call that was opened at some time; perhaps it has ended.
        case deliver
        /// A message of a call that never was: STATUS INTERNAL if `answer`.
        case noCall(answer: Bool)
        case pong
        case ignore
        /// Drop the message and count it.
        case drop(MalformedReason)
        /// Say BYE, forget the connection; `reason` is counted if it is one.
        case bye(StatusCode, String, reason: MalformedReason?)
        /// The peer forgot everything.
        case forget
    }

    package private(set) var state = State.unknown
    /// The highest call id seen.
    package private(set) var lastCallID: UInt64 = 0

    package init() {}

    package mutating func received(_ input: Input) -> Action {
        guard input.version == 1 else {
            state = .forgotten
            return .bye(.unimplemented, "protocol version \(input.version) is not spoken here; 1 is", reason: .version)
        }
        switch state {
        case .unknown, .forgotten: return receivedUnknown(input)
        case .ready(let epoch), .draining(let epoch): return receivedKnown(input, epoch: epoch)
        }
    }

    private mutating func receivedUnknown(_ input: Input) -> Action {
        switch input.kind {
        case .hello: return welcome(input, forgettingCalls: false)
        case .pong, .bye: return .drop(.unknownPeer)
        default:
            return .bye(
                .unavailable, "this server does not know the connection: it was restarted, or heard nothing for too long",
                reason: .unknownPeer)
        }
    }

    private mutating func welcome(_ input: Input, forgettingCalls: Bool) -> Action {
        guard input.epoch != 0 else {
            state = .forgotten
            return .bye(.internal, "HELLO needs an epoch other than 0", reason: .epoch)
        }
        state = .ready(epoch: input.epoch)
        lastCallID = 0
        return .welcome(forgettingCalls: forgettingCalls)
    }

    private mutating func receivedKnown(_ input: Input, epoch: UInt64) -> Action {
        if input.kind == .hello {
            if case .draining = state {
                state = .forgotten
                return .bye(.unavailable, "the server is shutting down", reason: nil)
            }
            if input.epoch == epoch { return broken(.state, "HELLO came twice") }
            return welcome(input, forgettingCalls: true)
        }
        guard input.epoch == epoch else { return .drop(.epoch) }
        switch input.kind {
        case .call: return receivedCall(input)
        case .message, .halfClose:
            guard input.callID != 0 else { return broken(.callID, "\(input.kind.label) needs a call_id") }
            return input.callID > lastCallID ? .noCall(answer: true) : .deliver
        case .cancel, .credit: return input.callID > lastCallID || input.callID == 0 ? .noCall(answer: false) : .deliver
        case .ping: return .pong
        case .pong: return .ignore
        case .bye:
            state = .forgotten
            return .forget
        default: return broken(.kind, "kind \(input.kind.rawValue) is not for a client to send")
        }
    }

    private mutating func receivedCall(_ input: Input) -> Action {
        guard input.callID > lastCallID else {
            return broken(.callID, "CALL with call_id \(input.callID), which is not above the last, \(lastCallID)")
        }
        lastCallID = input.callID
        if case .draining = state { return .refuseDraining }
        return .open
    }

    /// For rules that the machine cannot see, such as the number of frames.
    package mutating func broken(_ reason: MalformedReason, _ rule: String) -> Action {
        state = .forgotten
        return .bye(.internal, rule, reason: reason)
    }

    /// - Returns: whether GOAWAY is to be sent.
    package mutating func drain() -> Bool {
        guard case .ready(let epoch) = state else { return false }
        state = .draining(epoch: epoch)
        return true
    }

    package var epoch: UInt64? {
        switch state {
        case .ready(let epoch), .draining(let epoch): epoch
        case .unknown, .forgotten: nil
        }
    }
}

extension Kind {
    /// As the specification writes it.
    package var label: String {
        switch self {
        case .hello: "HELLO"
        case .call: "CALL"
        case .message: "MESSAGE"
        case .halfClose: "HALF_CLOSE"
        case .status: "STATUS"
        case .cancel: "CANCEL"
        case .credit: "CREDIT"
        case .ping: "PING"
        case .pong: "PONG"
        case .goaway: "GOAWAY"
        case .bye: "BYE"
        default: "kind \(rawValue)"
        }
    }
}
