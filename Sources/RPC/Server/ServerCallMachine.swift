package import Transport
internal import Wire

/// A call on its server: the table of PROTOCOL.md 6.5. Pure.
package struct ServerCallMachine: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case open
        /// The caller has sent all it has.
        case halfClosed
        case ended
    }

    package enum Action: Sendable, Hashable {
        case deliver
        case endOfRequests
        case ignore
        /// STATUS with this fault.
        case fail(InboundMachine.Fault)
    }

    package private(set) var state: State
    /// The stream of requests.
    package private(set) var inbound: InboundMachine
    /// MESSAGEs sent so far: the next one's number.
    package private(set) var sentCount: UInt64 = 0

    /// - Parameter credit: what the caller was granted at first.
    package init(requestsStream: Bool, credit: CreditAccount) {
        state = requestsStream ? .open : .halfClosed
        inbound = InboundMachine(credit: credit)
    }

    /// A MESSAGE of `bytes`.
    package mutating func message(sequence: UInt64, bytes: Int, maxFrameBytes: Int) -> Action {
        switch state {
        case .ended: return .ignore
        case .halfClosed: return fail(Self.afterHalfClose("MESSAGE"))
        case .open:
            do throws(InboundMachine.Fault) {
                try inbound.message(sequence: sequence, bytes: bytes, maxFrameBytes: maxFrameBytes)
                return .deliver
            } catch {
                return fail(error)
            }
        }
    }

    /// HALF_CLOSE.
    package mutating func halfClose(messageCount: UInt64) -> Action {
        switch state {
        case .ended: return .ignore
        case .halfClosed: return fail(Self.afterHalfClose("HALF_CLOSE"))
        case .open:
            do throws(InboundMachine.Fault) {
                try inbound.end(messageCount: messageCount)
                state = .halfClosed
                return .endOfRequests
            } catch {
                return fail(error)
            }
        }
    }

    private static func afterHalfClose(_ kind: String) -> InboundMachine.Fault {
        InboundMachine.Fault(reason: .halfClosed, code: .internal, message: "\(kind) after the caller's last message")
    }

    private mutating func fail(_ fault: InboundMachine.Fault) -> Action {
        state = .ended
        return .fail(fault)
    }

    /// - Returns: the number of the MESSAGE to send, nil when the call has ended.
    package mutating func send() -> UInt64? {
        guard state != .ended else { return nil }
        defer { sentCount += 1 }
        return sentCount
    }

    /// - Returns: whether credit may be granted: the caller still sends.
    package mutating func grant(messages: Int, bytes: Int) -> Bool {
        guard state == .open else { return false }
        inbound.granted(messages: messages, bytes: bytes)
        return true
    }

    /// STATUS, CANCEL, deadline or a lost connection.
    /// - Returns: false if the call had ended: whoever ends it first decides.
    package mutating func end() -> Bool {
        guard state != .ended else { return false }
        state = .ended
        return true
    }
}
