import RPC
import Testing
import Transport
import Wire

/// The table of PROTOCOL.md 6.5 for calls that exist, cell by cell.
@Suite(.timeLimit(.minutes(1))) struct ServerCallMachineTests {
    enum State: CaseIterable, Sendable { case open, halfClosed, halfClosedFromTheStart, ended }
    enum Input: CaseIterable, Sendable { case message, gap, withoutCredit, tooLarge, halfClose, wrongHalfClose }

    static func machine(_ state: State) -> ServerCallMachine {
        var machine = ServerCallMachine(requestsStream: state != .halfClosedFromTheStart, credit: CreditAccount(messages: 2, bytes: 100))
        if state == .halfClosedFromTheStart { return machine }
        _ = machine.message(sequence: 0, bytes: 1, maxFrameBytes: 50)
        if state == .halfClosed { _ = machine.halfClose(messageCount: 1) }
        if state == .ended { _ = machine.end() }
        return machine
    }

    static func feed(_ machine: inout ServerCallMachine, _ input: Input) -> ServerCallMachine.Action {
        switch input {
        case .message: machine.message(sequence: 1, bytes: 1, maxFrameBytes: 50)
        case .gap: machine.message(sequence: 2, bytes: 1, maxFrameBytes: 50)
        case .withoutCredit:
            {
                // The second and last that the credit allows.
                if machine.state == .open { _ = machine.message(sequence: 1, bytes: 1, maxFrameBytes: 50) }
                return machine.message(sequence: 2, bytes: 1, maxFrameBytes: 50)
            }()
        case .tooLarge: machine.message(sequence: 1, bytes: 51, maxFrameBytes: 50)
        case .halfClose: machine.halfClose(messageCount: 1)
        case .wrongHalfClose: machine.halfClose(messageCount: 7)
        }
    }

    static func cell(_ state: State, _ input: Input) -> (action: String, reason: MalformedReason?, code: StatusCode?) {
        switch (state, input) {
        case (.ended, _): ("ignore", nil, nil)
        case (.halfClosed, _), (.halfClosedFromTheStart, _): ("fail", .halfClosed, .internal)
        case (.open, .message): ("deliver", nil, nil)
        case (.open, .halfClose): ("endOfRequests", nil, nil)
        case (.open, .gap), (.open, .wrongHalfClose): ("fail", .sequence, .dataLoss)
        case (.open, .withoutCredit): ("fail", .credit, .resourceExhausted)
        case (.open, .tooLarge): ("fail", .frameBytes, .resourceExhausted)
        }
    }

    @Test(arguments: State.allCases, Input.allCases) func `Each cell of the table does what it says`(state: State, input: Input) {
        var machine = Self.machine(state)
        let expected = Self.cell(state, input)
        switch Self.feed(&machine, input) {
        case .deliver: #expect(expected.action == "deliver")
        case .endOfRequests:
            #expect(expected.action == "endOfRequests")
            #expect(machine.state == .halfClosed)
        case .ignore: #expect(expected.action == "ignore")
        case .fail(let fault):
            #expect(expected.action == "fail")
            #expect(fault.reason == expected.reason && fault.code == expected.code)
            #expect(machine.state == .ended, "a fault ends the call")
        }
    }

    @Test(arguments: State.allCases) func `Whoever ends a call first decides, and nothing is sent after it`(state: State) {
        var machine = Self.machine(state)
        if state != .ended {
            let numbers = [machine.send(), machine.send()]
            #expect(numbers == [0, 1])
        }
        let first = machine.end()
        #expect(first == (state != .ended))
        let second = machine.end()
        let sent = machine.send()
        let granted = machine.grant(messages: 1, bytes: 1)
        #expect(!second && sent == nil && !granted)
    }

    @Test func `Credit is granted only while the caller may still send`() {
        for state in State.allCases {
            var machine = Self.machine(state)
            let granted = machine.grant(messages: 1, bytes: 1)
            #expect(granted == (state == .open))
        }
    }
}
