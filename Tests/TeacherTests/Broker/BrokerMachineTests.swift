import Teacher
import Testing

/// The rules of giving work out, one by one. `at` is a made-up time.
struct BrokerMachineTests {
    private let at = ContinuousClock.now

    private func machine(_ limits: BrokerMachine.Limits = .init()) -> BrokerMachine { BrokerMachine(limits: limits) }

    @Test("Work goes to the worker with the most free slots, and waits when there is none")
    func givesOut() throws {
        var machine = machine()
        #expect(machine.attach(1, slots: 1, now: at) == [])
        #expect(machine.attach(2, slots: 2, now: at) == [])
        #expect(try submit(&machine, 10) == [.assign(1, 10, to: 2)])
        #expect(try submit(&machine, 11) == [.assign(2, 11, to: 1)])
        #expect(try submit(&machine, 12) == [.assign(3, 12, to: 2)])
        #expect(try submit(&machine, 13) == [])
        #expect(machine.queued == (1, 0))
        #expect(machine.oldestQueued == at)
        let (request, actions) = machine.outcome(1, 2, now: at)
        #expect(request == 11)
        #expect(actions == [.assign(4, 13, to: 1)])
        #expect(machine.freeSlots == 0 && machine.running == 3)
    }

    @Test("The queue is bounded; what finds a free slot needs no room in it")
    func bounds() throws {
        var machine = machine(.init(maxQueued: 2))
        _ = machine.attach(1, slots: 1, now: at)
        #expect(try submit(&machine, 1).count == 1)
        #expect(try submit(&machine, 2) == [])
        #expect(try submit(&machine, 4) == [])
        #expect(throws: BrokerMachine.Refusal.tooMany(2)) { try submit(&machine, 5) }
        #expect(machine.cancel(2) == [])
        #expect(try submit(&machine, 6) == [])
    }

    @Test("Bulk work has one turn of five while interactive work waits, and all turns else")
    func neitherStarves() throws {
        var machine = machine()
        for id in 1...20 as ClosedRange<UInt64> { _ = try submit(&machine, id, isBulk: id > 10) }
        var order: [UInt64] = []
        var actions = machine.attach(1, slots: 1, now: at)
        while case .assign(let assignment, let request, _)? = actions.first {
            order.append(request)
            actions = machine.outcome(1, assignment, now: at).actions
        }
        #expect(order == [1, 2, 3, 4, 11, 5, 6, 7, 8, 12, 9, 10, 13, 14, 15, 16, 17, 18, 19, 20])
    }

    @Test("Bulk work leaves a worker's interactive slots free, and gets its own whatever else waits")
    func leavesSlots() throws {
        var machine = machine(.init(maxQueued: 2))
        _ = machine.attach(1, slots: 3, interactiveSlots: 1, now: at)
        for id in 1...4 as ClosedRange<UInt64> { _ = try submit(&machine, id, isBulk: true) }
        #expect(machine.freeSlots == 1 && machine.queued == (0, 2))
        #expect(throws: BrokerMachine.Refusal.tooMany(2)) { try submit(&machine, 5, isBulk: true) }
        // The queue is full of bulk work, and that is nothing to what can begin.
        #expect(try submit(&machine, 6) == [.assign(3, 6, to: 1)])
        #expect(machine.outcome(1, 3, now: at).actions == [])
        #expect(machine.outcome(1, 1, now: at).actions == [.assign(4, 3, to: 1)])
    }

    @Test("A lost worker's work is given out again, the oldest first and before all that waits; twice, and not a third time")
    func losesWorkers() throws {
        var machine = machine()
        _ = machine.attach(1, slots: 2, now: at)
        for id in 1...3 as ClosedRange<UInt64> { _ = try submit(&machine, id) }
        #expect(machine.detach(1, now: at) == [])
        #expect(machine.attach(2, slots: 1, now: at) == [.assign(3, 1, to: 2)])
        #expect(machine.detach(2, now: at) == [])
        #expect(machine.attach(3, slots: 1, now: at) == [.assign(4, 1, to: 3)])
        #expect(machine.detach(3, now: at) == [.end(1, .workersLost(3))])
        #expect(machine.attach(4, slots: 3, now: at) == [.assign(5, 2, to: 4), .assign(6, 3, to: 4)])
        #expect(machine.lostWorkers == 3 && machine.repeats == 3)
    }

    @Test("What has answered in part is not done again")
    func lostHalfway() throws {
        var machine = machine()
        _ = machine.attach(1, slots: 1, now: at)
        _ = try submit(&machine, 1)
        #expect(machine.answered(1, 1) == 1)
        #expect(machine.detach(1, now: at) == [.end(1, .lostHalfway)])
        #expect(machine.openRequests == 0)
    }

    @Test("A cancelled assignment keeps its slot until its outcome has come, which then is nobody's")
    func cancelled() throws {
        var machine = machine()
        _ = machine.attach(1, slots: 1, now: at)
        _ = try submit(&machine, 1)
        _ = try submit(&machine, 2)
        #expect(machine.cancel(1) == [.cancel(1, on: 1)])
        #expect(machine.cancel(1) == [])
        #expect(machine.answered(1, 1) == nil)
        #expect(machine.freeSlots == 0)
        let (request, actions) = machine.outcome(1, 1, now: at)
        #expect(request == nil)
        #expect(actions == [.assign(2, 2, to: 1)])
    }

    @Test("Work whose deadline has passed is not given out")
    func expired() throws {
        var machine = machine()
        _ = try machine.submit(1, isBulk: false, deadline: at + .seconds(1), now: at)
        _ = try machine.submit(2, isBulk: false, deadline: at + .seconds(3), now: at)
        #expect(machine.attach(1, slots: 2, now: at + .seconds(2)) == [.end(1, .expired), .assign(1, 2, to: 1)])
    }

    @Test("A worker that drains gets nothing more, and its work given back goes to others")
    func drains() throws {
        var machine = machine()
        _ = machine.attach(1, slots: 2, now: at)
        _ = try submit(&machine, 1)
        machine.drain(1)
        #expect(try submit(&machine, 2) == [])
        #expect(machine.freeSlots == 0)
        #expect(machine.attach(2, slots: 1, now: at) == [.assign(2, 2, to: 2)])
        #expect(machine.returned(1, 1, now: at) == [.letGo(1)])
        #expect(machine.outcome(2, 2, now: at).actions == [.assign(3, 1, to: 2)])
        #expect(machine.detach(1, now: at) == [])
        #expect(machine.lostWorkers == 0)
    }

    @Test("A worker that gives work back gets nothing more, however free it is, and is let go after its last outcome")
    func givesBack() throws {
        var machine = machine()
        _ = machine.attach(1, slots: 8, now: at)
        _ = try submit(&machine, 1)
        _ = try submit(&machine, 2)
        #expect(machine.returned(1, 1, now: at) == [])
        #expect(machine.queued == (1, 0) && machine.freeSlots == 0)
        #expect(machine.attach(2, slots: 1, now: at) == [.assign(3, 1, to: 2)])
        #expect(machine.outcome(1, 2, now: at) == (2, [.letGo(1)]))
    }

    private func submit(_ machine: inout BrokerMachine, _ id: UInt64, isBulk: Bool = false) throws -> [BrokerMachine.Action] {
        try machine.submit(id, isBulk: isBulk, deadline: nil, now: at)
    }
}
