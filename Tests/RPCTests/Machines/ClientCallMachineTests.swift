import RPC
import Testing
import Transport
import Wire

/// The table of PROTOCOL.md 6.6, cell by cell.
@Suite(.timeLimit(.minutes(1))) struct ClientCallMachineTests {
    enum State: CaseIterable, Sendable { case waiting, open, ended }

    static func machine(_ state: State, responsesStream: Bool = true) -> ClientCallMachine {
        var machine = ClientCallMachine(responsesStream: responsesStream, credit: CreditAccount(messages: 1, bytes: 100))
        if state != .waiting { machine.opened() }
        if state == .ended { _ = machine.end() }
        return machine
    }

    @Test(arguments: [State.waiting, .ended]) func `Without an open call whatever comes is dropped`(state: State) {
        var machine = Self.machine(state)
        let before = machine
        let actions = [
            machine.message(sequence: 0, bytes: 1, maxFrameBytes: 50), machine.message(sequence: 9, bytes: 99, maxFrameBytes: 50),
            machine.status(.ok, messageCount: 0), machine.status(.internal, messageCount: 3),
        ]
        #expect(actions == [.ignore, .ignore, .ignore, .ignore])
        #expect(machine == before)
        let granted = machine.grant(messages: 1, bytes: 1)
        #expect(!granted)
    }

    @Test func `A message where responses do not stream cancels the call`() {
        var machine = Self.machine(.open, responsesStream: false)
        guard case .cancel(let fault) = machine.message(sequence: 0, bytes: 1, maxFrameBytes: 50) else {
            return #expect(Bool(false), "it was taken")
        }
        #expect(fault.code == .internal)
        #expect(machine.state == .ended)
    }

    @Test(
        "A message that breaks a rule cancels the call",
        arguments: [
            (1, 1, MalformedReason.sequence, StatusCode.dataLoss), (0, 51, .frameBytes, .resourceExhausted),
        ])
    func faults(sequence: UInt64, bytes: Int, reason: MalformedReason, code: StatusCode) {
        var machine = Self.machine(.open)
        guard case .cancel(let fault) = machine.message(sequence: sequence, bytes: bytes, maxFrameBytes: 50) else {
            return #expect(Bool(false), "it was taken")
        }
        #expect(fault.reason == reason && fault.code == code)
        #expect(machine.state == .ended)
    }

    @Test func `A message without credit cancels the call`() {
        var machine = Self.machine(.open)
        let first = machine.message(sequence: 0, bytes: 1, maxFrameBytes: 50)
        #expect(first == .deliver)
        guard case .cancel(let fault) = machine.message(sequence: 1, bytes: 1, maxFrameBytes: 50) else {
            return #expect(Bool(false), "it was taken")
        }
        #expect(fault.reason == .credit && fault.code == .resourceExhausted)
    }

    @Test(arguments: StatusCode.allCases) func `A status ends the call, and one that is not OK is believed whatever its count`(
        code: StatusCode
    ) {
        var agreed = Self.machine(.open)
        let action = agreed.status(code, messageCount: 0)
        #expect(action == (code == .ok ? .succeed : .fail(code)))
        #expect(agreed.state == .ended)

        var disagreed = Self.machine(.open)
        switch disagreed.status(code, messageCount: 5) {
        case .cancel(let fault): #expect(code == .ok && fault.code == .dataLoss && fault.reason == .sequence)
        case .fail(let told): #expect(told == code && code != .ok)
        default: Issue.record("the count was not looked at")
        }
        #expect(disagreed.state == .ended)
    }

    @Test(arguments: State.allCases) func `Requests are numbered while the call is open, and end once`(state: State) {
        var machine = Self.machine(state)
        let numbers = [machine.send(), machine.send()]
        #expect(numbers == (state == .open ? [0, 1] : [nil, nil]))
        let closed = [machine.endRequests(), machine.endRequests()]
        #expect(closed == [state == .open, false])
        let late = machine.send()
        #expect(late == nil)
    }

    @Test(arguments: State.allCases) func `Who ends a call learns whether the server knows of it`(state: State) {
        var machine = Self.machine(state)
        let before = machine.end()
        #expect(before == [.waiting: .waiting, .open: .open, .ended: .ended][state])
        let again = machine.end()
        #expect(again == .ended)
    }
}
