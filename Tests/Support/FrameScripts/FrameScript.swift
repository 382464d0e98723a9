import RPC
import Transport
import Wire

/// Plays any bytes as a conversation against the state machines of both sides, and stops the process where a machine does what the
/// specification forbids. What the fuzzer explores and the mutation test repeats.
///
/// Nine bytes are a message: kind, version and epoch (mostly the right ones), call id, sequence, size, and what else happens.
package struct FrameScript {
    private static let epoch: UInt64 = 7
    private var connection = ServerConnectionMachine()
    private var calls: [UInt64: ServerCallMachine] = [:]
    private var client = ClientConnectionMachine(epoch: Self.epoch)
    private var answers = ClientCallMachine(responsesStream: true, credit: CreditAccount(messages: 4, bytes: 300))

    private init() {}

    /// - Returns: messages played.
    @discardableResult
    package static func play(_ bytes: UnsafeRawBufferPointer) -> Int {
        var script = FrameScript()
        script.answers.opened()
        var offset = 0
        while offset + 9 <= bytes.count {
            script.step(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 9]))
            offset += 9
        }
        return offset / 9
    }

    private mutating func step(_ bytes: UnsafeRawBufferPointer) {
        let kind = Kind(rawValue: Int32(bytes[0] % 16))
        let version: UInt32 = bytes[1] == 255 ? 2 : 1
        let epoch: UInt64 = bytes[2] > 250 ? UInt64(bytes[2] - 251) : Self.epoch
        let callID = UInt64(bytes[3] % 16)
        if bytes[8] == 255 { _ = connection.drain() }
        playServer(kind, version, epoch, callID, sequence: UInt64(bytes[4] % 8), size: Int(bytes[5]), choice: bytes[6])
        playClient(kind, version, epoch, sequence: UInt64(bytes[4] % 8), size: Int(bytes[5]), status: UInt32(bytes[7] % 20))
    }

    private mutating func playServer(
        _ kind: Kind, _ version: UInt32, _ epoch: UInt64, _ callID: UInt64, sequence: UInt64, size: Int, choice: UInt8
    ) {
        let before = connection
        let input = ServerConnectionMachine.Input(version: version, kind: kind, epoch: epoch, callID: callID)
        switch connection.received(input) {
        case .open:
            precondition(callID > before.lastCallID && connection.lastCallID == callID, "a call opens with an id above the last")
            precondition(before.epoch == epoch, "a call opens in its connection's epoch alone")
            calls[callID] = ServerCallMachine(requestsStream: choice % 2 == 0, credit: CreditAccount(messages: 3, bytes: 200))
        case .refuseDraining:
            guard case .draining = before.state else { preconditionFailure("refused though nothing drains") }
        case .deliver:
            precondition(callID != 0 && callID <= before.lastCallID && before.epoch == epoch, "delivered to a call that never was")
            deliver(kind, callID, sequence: sequence, size: size, choice: choice)
        case .welcome:
            precondition(kind == .hello && epoch != 0 && connection.epoch == epoch && connection.lastCallID == 0)
            calls = [:]
        case .bye, .forget:
            precondition(connection.epoch == nil || before.epoch == nil, "said goodbye and stays")
            if connection.epoch == nil { calls = [:] }
        case .noCall(let answer): precondition(!answer || callID > before.lastCallID, "an open call taken for none")
        case .pong: precondition(kind == .ping && before.epoch == epoch)
        case .drop, .ignore: precondition(connection.epoch == before.epoch, "a dropped message changed the connection")
        }
    }

    private mutating func deliver(_ kind: Kind, _ callID: UInt64, sequence: UInt64, size: Int, choice: UInt8) {
        guard var call = calls[callID] else { return }
        let before = call
        switch kind {
        case .message:
            if call.message(sequence: sequence, bytes: size, maxFrameBytes: 250) == .deliver {
                precondition(before.state == .open && sequence == before.inbound.count && before.inbound.credit.isOpen && size <= 250)
            }
        case .halfClose:
            if call.halfClose(messageCount: sequence) == .endOfRequests { precondition(sequence == before.inbound.count) }
        case .cancel: precondition(call.end() == (before.state != .ended), "a call ends once")
        default: if choice % 3 == 0 { _ = call.grant(messages: 1, bytes: size) }
        }
        precondition(before.state != .ended || call.state == .ended, "a call that has ended lives again")
        precondition(call.inbound.credit.messages >= 0, "more messages were taken than granted")
        calls[callID] = call
    }

    private mutating func playClient(
        _ kind: Kind, _ version: UInt32, _ epoch: UInt64, sequence: UInt64, size: Int, status: UInt32
    ) {
        let before = client
        switch client.received(version: version, kind: kind, epoch: epoch, status: status, statusMessage: "") {
        case .deliver:
            precondition(epoch == Self.epoch && (before.state == .ready || before.state == .draining), "a message of no connection")
            let old = answers
            if kind == .message, answers.message(sequence: sequence, bytes: size, maxFrameBytes: 250) == .deliver {
                precondition(old.state == .open && sequence == old.inbound.count && old.inbound.credit.isOpen)
            }
            if kind == .status, answers.status(StatusCode(wireValue: status), messageCount: sequence) == .succeed {
                precondition(old.state == .open && status == 0 && sequence == old.inbound.count)
            }
            precondition(old.state != .ended || answers.state == .ended, "a call that has ended lives again")
        case .becameReady: precondition(before.state == .connecting && kind == .hello)
        case .becameDraining: precondition(before.state == .ready && kind == .goaway)
        case .lose: precondition(client.state == .lost && before.state != .lost, "a connection is lost once")
        case .pong: precondition(kind == .ping && before.state != .lost)
        case .ignore, .drop: precondition(client.state == before.state)
        }
    }
}
