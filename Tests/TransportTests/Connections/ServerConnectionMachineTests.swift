import Testing
import Transport
import Wire

/// The table of PROTOCOL.md 6.4, cell by cell, and what it says of epochs, versions and call ids.
@Suite struct ServerConnectionMachineTests {
    typealias Machine = ServerConnectionMachine

    enum State: CaseIterable, Sendable { case unknown, ready, draining, forgotten }

    /// Every kind that the schema names, and one that it does not.
    static let kinds = Kind.known + [Kind(rawValue: 99)]
    static let epoch: UInt64 = 7
    static let lastCallID: UInt64 = 5

    static func machine(_ state: State) -> Machine {
        var machine = Machine()
        if state == .unknown { return machine }
        _ = machine.received(.init(kind: .hello, epoch: epoch))
        _ = machine.received(.init(kind: .call, epoch: epoch, callID: lastCallID))
        if state == .draining { _ = machine.drain() }
        if state == .forgotten { _ = machine.received(.init(kind: .bye, epoch: epoch)) }
        return machine
    }

    /// An action without its words for people.
    enum Outcome: Hashable, Sendable {
        case welcome(anew: Bool), open, refuse, deliver, statusInternal, dropped, pong, ignored, forget
        case bye(StatusCode)
    }

    static func outcome(_ action: Machine.Action) -> Outcome {
        switch action {
        case .welcome(let anew): .welcome(anew: anew)
        case .open: .open
        case .refuseDraining: .refuse
        case .deliver: .deliver
        case .noCall(let answer): answer ? .statusInternal : .dropped
        case .pong: .pong
        case .ignore: .ignored
        case .drop: .dropped
        case .bye(let code, _, _): .bye(code)
        case .forget: .forget
        }
    }

    static func cell(_ state: State, _ kind: Kind) -> Outcome {
        switch (state, kind) {
        case (.unknown, .hello), (.forgotten, .hello): .welcome(anew: false)
        case (.unknown, .pong), (.unknown, .bye), (.forgotten, .pong), (.forgotten, .bye): .dropped
        case (.unknown, _), (.forgotten, _): .bye(.unavailable)
        case (.ready, .hello): .bye(.internal)
        case (.draining, .hello): .bye(.unavailable)
        case (.ready, .call): .open
        case (.draining, .call): .refuse
        case (_, .message), (_, .halfClose), (_, .cancel), (_, .credit): .deliver
        case (_, .ping): .pong
        case (_, .pong): .ignored
        case (_, .bye): .forget
        default: .bye(.internal)
        }
    }

    @Test(arguments: State.allCases, kinds) func `Each cell of the table does what it says`(state: State, kind: Kind) {
        var machine = Self.machine(state)
        let callID = kind == .call ? Self.lastCallID + 1 : Self.lastCallID
        let action = machine.received(.init(kind: kind, epoch: Self.epoch, callID: callID))
        let expected = Self.cell(state, kind)
        #expect(Self.outcome(action) == expected)
        switch expected {
        case .bye where state == .unknown: #expect(machine.state == .unknown)
        case .bye, .forget: #expect(machine.state == .forgotten)
        case .welcome: #expect(machine.state == .ready(epoch: Self.epoch))
        default: #expect(machine.state == Self.machine(state).state)
        }
    }

    @Test(arguments: State.allCases, kinds) func `A version other than 1 is told which one is spoken`(state: State, kind: Kind) {
        for version in [0, 2, UInt32.max] {
            var machine = Self.machine(state)
            let action = machine.received(.init(version: version, kind: kind, epoch: Self.epoch, callID: 9))
            guard case .bye(.unimplemented, let message, .version) = action else {
                Issue.record("version \(version) gave \(action)")
                continue
            }
            #expect(message.contains("\(version)") && message.contains("1 is"))
            #expect(machine.state == .forgotten)
        }
    }

    @Test(arguments: [State.ready, .draining], kinds) func `Messages of another epoch change nothing`(state: State, kind: Kind) {
        guard kind != .hello else { return }
        for epoch in [0, Self.epoch - 1, .max] {
            var machine = Self.machine(state)
            let before = machine
            let action = machine.received(.init(kind: kind, epoch: epoch, callID: 100))
            #expect(action == .drop(.epoch))
            #expect(machine == before)
        }
    }

    @Test(arguments: State.allCases) func `HELLO without an epoch is refused`(state: State) {
        guard state != .draining else { return }
        var machine = Self.machine(state)
        let action = machine.received(.init(kind: .hello, epoch: 0))
        guard case .bye(.internal, _, .epoch) = action else { return #expect(Bool(false), "\(action)") }
        #expect(machine.epoch == nil)
    }

    @Test func `A HELLO of a new epoch forgets the old calls and starts call ids anew`() {
        var machine = Self.machine(.ready)
        let welcomed = machine.received(.init(kind: .hello, epoch: 8))
        #expect(welcomed == .welcome(forgettingCalls: true))
        #expect(machine.epoch == 8)
        let old = machine.received(.init(kind: .message, epoch: Self.epoch, callID: Self.lastCallID))
        #expect(old == .drop(.epoch))
        let never = machine.received(.init(kind: .message, epoch: 8, callID: Self.lastCallID))
        #expect(never == .noCall(answer: true))
        let first = machine.received(.init(kind: .call, epoch: 8, callID: 1))
        #expect(first == .open)
    }

    @Test(arguments: [State.ready, .draining]) func `A call id is never used twice, and gaps are allowed`(state: State) {
        for id in [0, 1, Self.lastCallID - 1, Self.lastCallID] {
            var machine = Self.machine(state)
            guard case .bye(.internal, let message, .callID) = machine.received(.init(kind: .call, epoch: Self.epoch, callID: id)) else {
                Issue.record("call id \(id) was taken")
                continue
            }
            #expect(message.contains("call_id \(id)"))
        }
        var machine = Self.machine(state)
        for id in [6, 1_000, UInt64.max] {
            let action = machine.received(.init(kind: .call, epoch: Self.epoch, callID: id))
            #expect(action == (state == .ready ? .open : .refuseDraining))
            #expect(machine.lastCallID == id)
        }
    }

    @Test(arguments: [Kind.message, .halfClose, .cancel, .credit]) func `Only what needs a call is answered when there never was one`(
        kind: Kind
    ) {
        let needsCall = kind == .message || kind == .halfClose
        var machine = Self.machine(.ready)
        let above = machine.received(.init(kind: kind, epoch: Self.epoch, callID: Self.lastCallID + 1))
        #expect(above == .noCall(answer: needsCall))
        let below = machine.received(.init(kind: kind, epoch: Self.epoch, callID: 1))
        #expect(below == .deliver, "it may have been opened: whoever has the calls knows")
        let none = machine.received(.init(kind: kind, epoch: Self.epoch, callID: 0))
        #expect(Self.outcome(none) == (needsCall ? .bye(.internal) : .dropped))
    }

    @Test(arguments: State.allCases) func `GOAWAY is sent once and to whom is ready`(state: State) {
        var machine = Self.machine(state)
        let first = machine.drain()
        #expect(first == (state == .ready))
        let second = machine.drain()
        #expect(!second)
    }

    @Test(arguments: State.allCases) func `A rule that the machine cannot see ends the connection like any other`(state: State) {
        var machine = Self.machine(state)
        let action = machine.broken(.frameCount, "a message has 2 frames, not 3")
        #expect(action == .bye(.internal, "a message has 2 frames, not 3", reason: .frameCount))
        #expect(machine.state == .forgotten)
    }
}
