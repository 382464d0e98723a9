import Testing
import Transport
import Wire

/// The table of PROTOCOL.md 6.3, cell by cell.
@Suite struct ClientConnectionMachineTests {
    typealias Machine = ClientConnectionMachine

    enum State: CaseIterable, Sendable { case connecting, ready, draining, lost }

    static let epoch: UInt64 = 11

    static func machine(_ state: State) -> Machine {
        var machine = Machine(epoch: epoch)
        if state == .connecting { return machine }
        _ = receive(&machine, .hello)
        if state == .draining { _ = receive(&machine, .goaway) }
        if state == .lost { _ = machine.lose(ConnectionLoss(.unavailable, "gone")) }
        return machine
    }

    static func receive(
        _ machine: inout Machine, _ kind: Kind, version: UInt32 = 1, epoch: UInt64 = epoch, status: UInt32 = 0, message: String = ""
    ) -> Machine.Action {
        machine.received(version: version, kind: kind, epoch: epoch, status: status, statusMessage: message)
    }

    enum Outcome: Hashable, Sendable { case ready, draining, deliver, pong, nothing, broken, lost, dropped }

    static func outcome(_ action: Machine.Action) -> Outcome {
        switch action {
        case .becameReady: .ready
        case .becameDraining: .draining
        case .deliver: .deliver
        case .pong: .pong
        case .ignore: .nothing
        case .drop: .dropped
        case .lose(let loss): loss.sayBye && loss.code == .internal && loss.reason != nil ? .broken : .lost
        }
    }

    static func cell(_ state: State, _ kind: Kind) -> Outcome {
        switch (state, kind) {
        case (.lost, _): .nothing
        case (.connecting, .hello): .ready
        case (_, .hello): .broken
        case (.connecting, .status), (.connecting, .message), (.connecting, .credit): .broken
        case (_, .status), (_, .message), (_, .credit): .deliver
        case (_, .ping): .pong
        case (_, .pong): .nothing
        case (.connecting, .goaway): .lost
        case (.ready, .goaway): .draining
        case (.draining, .goaway): .nothing
        case (_, .bye): .lost
        default: .broken
        }
    }

    @Test(arguments: State.allCases, ServerConnectionMachineTests.kinds)
    func `Each cell of the table does what it says`(state: State, kind: Kind) {
        var machine = Self.machine(state)
        let before = machine.state
        let action = Self.receive(&machine, kind)
        let expected = Self.cell(state, kind)
        #expect(Self.outcome(action) == expected)
        switch expected {
        case .ready: #expect(machine.state == .ready)
        case .draining: #expect(machine.state == .draining)
        case .broken, .lost: #expect(machine.state == .lost)
        default: #expect(machine.state == before)
        }
    }

    @Test(arguments: State.allCases, ServerConnectionMachineTests.kinds)
    func `Messages of another epoch are dropped`(state: State, kind: Kind) {
        var machine = Self.machine(state)
        let before = machine
        let action = Self.receive(&machine, kind, epoch: Self.epoch + 1)
        #expect(action == (state == .lost ? .ignore : .drop(.epoch)))
        #expect(machine == before)
    }

    @Test(arguments: [State.connecting, .ready, .draining], ServerConnectionMachineTests.kinds)
    func `Another version breaks the connection, except that its BYE is heard`(state: State, kind: Kind) {
        var machine = Self.machine(state)
        let action = Self.receive(&machine, kind, version: 2)
        #expect(Self.outcome(action) == (kind == .bye ? .lost : .broken))
        #expect(machine.state == .lost)
    }

    @Test(arguments: [State.connecting, .ready, .draining]) func `A BYE tells why`(state: State) {
        var machine = Self.machine(state)
        let told = Self.receive(&machine, .bye, status: 16, message: "the key is not in the allow-list")
        guard case .lose(let loss) = told else { return #expect(Bool(false), "\(told)") }
        #expect(loss.code == .unauthenticated)
        #expect(loss.message.contains("the key is not in the allow-list"))
        #expect(!loss.sayBye, "who has said BYE needs none")

        var plain = Self.machine(state)
        guard case .lose(let unsaid) = Self.receive(&plain, .bye) else { return #expect(Bool(false)) }
        #expect(unsaid.code == .unavailable, "an end without a status is no success")
        var odd = Self.machine(state)
        guard case .lose(let unknown) = Self.receive(&odd, .bye, status: 4_711) else { return #expect(Bool(false)) }
        #expect(unknown.code == .unknown)
    }

    @Test func `A connection is lost once`() {
        var machine = Self.machine(.ready)
        let loss = ConnectionLoss(.unavailable, "silent")
        let first = machine.lose(loss)
        #expect(first == .lose(loss))
        let second = machine.lose(loss)
        #expect(second == .ignore)
        let broken = machine.broken(.header, "no")
        #expect(broken == .ignore)
    }
}
