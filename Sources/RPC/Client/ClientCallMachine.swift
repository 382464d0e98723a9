package import Transport
internal import Wire

/// A call on its client: the table of PROTOCOL.md 6.6. Pure.
package struct ClientCallMachine: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// CALL has not been sent.
        case waiting
        case open
        case ended
    }

    package enum Action: Sendable, Hashable {
        case deliver
        case ignore
        case succeed
        /// The server ended the call.
        case fail(StatusCode)
        /// The server broke a rule: CANCEL, and this error.
        case cancel(InboundMachine.Fault)
    }

    package private(set) var state = State.waiting
    /// The stream of responses.
    package private(set) var inbound: InboundMachine
    /// MESSAGEs sent so far: the next one's number.
    package private(set) var sentCount: UInt64 = 0
    package private(set) var requestsEnded = false
    private let responsesStream: Bool

    /// - Parameter credit: what the server was granted at first.
    package init(responsesStream: Bool, credit: CreditAccount) {
        self.responsesStream = responsesStream
        inbound = InboundMachine(credit: credit)
    }

    /// CALL was sent.
    package mutating func opened() { state = .open }

    /// A MESSAGE of `bytes`.
    package mutating func message(sequence: UInt64, bytes: Int, maxFrameBytes: Int) -> Action {
        guard state == .open else { return .ignore }
        guard responsesStream else {
            return cancel(
                InboundMachine.Fault(reason: .state, code: .internal, message: "MESSAGE from a method whose responses do not stream"))
        }
        do throws(InboundMachine.Fault) {
            try inbound.message(sequence: sequence, bytes: bytes, maxFrameBytes: maxFrameBytes)
            return .deliver
        } catch {
            return cancel(error)
        }
    }

    /// STATUS.
    package mutating func status(_ code: StatusCode, messageCount: UInt64) -> Action {
        guard state == .open else { return .ignore }
        guard code == .ok else {
            state = .ended
            return .fail(code)
        }
        do throws(InboundMachine.Fault) {
            try inbound.end(messageCount: messageCount)
            state = .ended
            return .succeed
        } catch {
            // The server has forgotten the call: there is nothing to cancel.
            state = .ended
            return .cancel(error)
        }
    }

    private mutating func cancel(_ fault: InboundMachine.Fault) -> Action {
        state = .ended
        return .cancel(fault)
    }

    /// - Returns: the number of the MESSAGE to send, nil when none may be sent.
    package mutating func send() -> UInt64? {
        guard state == .open, !requestsEnded else { return nil }
        defer { sentCount += 1 }
        return sentCount
    }

    /// - Returns: whether HALF_CLOSE is to be sent.
    package mutating func endRequests() -> Bool {
        guard state == .open, !requestsEnded else { return false }
        requestsEnded = true
        return true
    }

    /// - Returns: whether credit may be granted: the call is open.
    package mutating func grant(messages: Int, bytes: Int) -> Bool {
        guard state == .open else { return false }
        inbound.granted(messages: messages, bytes: bytes)
        return true
    }

    /// Cancelled, deadline or lost connection.
    /// - Returns: the state before; `ended` means that somebody was faster.
    package mutating func end() -> State {
        defer { state = .ended }
        return state
    }
}
