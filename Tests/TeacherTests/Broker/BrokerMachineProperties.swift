import ChildProcesses
import Teacher
import Testing

/// Random lives of a broker: whatever happens in whatever order, every request ends exactly once, no worker has more than its slots, and
/// the slots return to their full number.
struct BrokerMachineProperties {
    @Test("10,000 random events, many times", arguments: 0..<20 as Range<UInt64>)
    func holds(_ seed: UInt64) throws {
        var world = World(seed: seed)
        for _ in 0..<10_000 { try world.step() }
        try world.settle()
    }
}

/// A broker, what the world around it knows, and what must hold.
private struct World {
    private var machine: BrokerMachine
    private var random: SplitMix64
    private var now = ContinuousClock.now
    private var nextRequest: UInt64 = 1
    private var nextWorker: UInt64 = 1
    /// Requests that wait for their end.
    private var open: Set<UInt64> = []
    private var ended = 0
    private var submitted = 0
    /// What each worker has in hand, and its slots. A cancelled assignment stays until the worker has answered.
    private var hands: [UInt64: (slots: Int, bulkSlots: Int, work: [UInt64: UInt64], drains: Bool, gaveBack: Bool)] = [:]
    /// Of all requests ever.
    private var bulk: Set<UInt64> = []
    private let limits = BrokerMachine.Limits(maxQueued: 50)

    init(seed: UInt64) {
        machine = BrokerMachine(limits: limits)
        random = SplitMix64(state: seed)
    }

    mutating func step() throws {
        now += .milliseconds(Int.random(in: 0...20, using: &random))
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<8: try submit()
        case 8..<14: try answer()
        case 14: try speak()
        case 15, 16: try cancel()
        case 17: if hands.count < 6 { try attach() }
        case 18: try detach()
        default: try drainOrReturn()
        }
        try check()
    }

    private mutating func submit() throws {
        let id = nextRequest
        nextRequest += 1
        let deadline = Bool.random(using: &random) ? now + .milliseconds(Int.random(in: 1...200, using: &random)) : nil
        let isBulk = Bool.random(using: &random)
        let actions: [BrokerMachine.Action]
        do throws(BrokerMachine.Refusal) {
            actions = try machine.submit(id, isBulk: isBulk, deadline: deadline, now: now)
        } catch {
            return #expect(machine.freeSlots == 0 || isBulk)
        }
        if isBulk { bulk.insert(id) }
        open.insert(id)
        submitted += 1
        try follow(actions)
    }

    private mutating func answer() throws {
        guard let (worker, assignment, request) = someWork() else { return }
        hands[worker]?.work[assignment] = nil
        let (whose, actions) = machine.outcome(worker, assignment, now: now)
        #expect(whose == (open.contains(request) ? request : nil))
        if let whose { try end(whose) }
        try follow(actions)
        #expect(machine.outcome(worker, assignment, now: now) == (nil, []))
    }

    private mutating func speak() throws {
        guard let (worker, assignment, request) = someWork() else { return }
        #expect(machine.answered(worker, assignment) == (open.contains(request) ? request : nil))
    }

    private mutating func cancel() throws {
        guard let id = open.sorted().randomElement(using: &random) else { return }
        try end(id)
        for action in machine.cancel(id) {
            guard case .cancel(let assignment, let worker) = action else { throw Missing(description: "\(action) of a cancellation") }
            #expect(hands[worker]?.work[assignment] == id)
        }
    }

    private mutating func attach() throws {
        let slots = Int.random(in: 1...5, using: &random)
        let interactiveSlots = Int.random(in: 0..<slots, using: &random)
        hands[nextWorker] = (slots, slots - interactiveSlots, [:], false, false)
        nextWorker += 1
        try follow(machine.attach(nextWorker - 1, slots: slots, interactiveSlots: interactiveSlots, now: now))
    }

    private mutating func detach() throws {
        guard let worker = hands.keys.sorted().randomElement(using: &random) else { return }
        hands[worker] = nil
        try follow(machine.detach(worker, now: now))
    }

    private mutating func drainOrReturn() throws {
        guard let (worker, assignment, request) = someWork() else { return }
        if Bool.random(using: &random) {
            hands[worker]?.drains = true
            return machine.drain(worker)
        }
        hands[worker]?.work[assignment] = nil
        if open.contains(request) {
            hands[worker]?.drains = true
            hands[worker]?.gaveBack = true
        }
        try follow(machine.returned(worker, assignment, now: now))
    }

    private mutating func someWork() -> (worker: UInt64, assignment: UInt64, request: UInt64)? {
        let all = hands.flatMap { worker, hand in hand.work.map { (worker, $0.key, $0.value) } }.sorted { $0.1 < $1.1 }
        return all.randomElement(using: &random)
    }

    private mutating func follow(_ actions: [BrokerMachine.Action]) throws {
        for action in actions {
            switch action {
            case .assign(let assignment, let request, let worker):
                #expect(open.contains(request))
                let hand = try found(hands[worker], "worker \(worker)")
                #expect(hand.work.count < hand.slots && hand.work[assignment] == nil && !hand.drains)
                #expect(!hands.values.contains { $0.work.values.contains(request) }, "in two hands at once")
                if bulk.contains(request) { #expect(bulkCount(hand.work) < hand.bulkSlots) }
                hands[worker]?.work[assignment] = request
            case .cancel: throw Missing(description: "a cancellation that nobody asked for")
            case .end(let request, _): try end(request)
            case .letGo(let worker):
                let hand = try found(hands[worker], "worker \(worker)")
                #expect(hand.gaveBack && hand.work.isEmpty)
                hands[worker] = nil
                // Nothing comes of it: it had nothing in hand, and no slots.
                #expect(machine.detach(worker, now: now) == [])
            }
        }
    }

    private mutating func end(_ request: UInt64) throws {
        guard open.remove(request) != nil else { throw Missing(description: "request \(request) ended twice") }
        ended += 1
    }

    private func check() throws {
        #expect(machine.openRequests == open.count)
        #expect(ended + open.count == submitted)
        #expect(machine.running == hands.values.reduce(0) { $0 + $1.work.count })
        #expect(machine.freeSlots == hands.values.reduce(0) { $0 + ($1.drains ? 0 : $1.slots - $1.work.count) })
        let inHand = Set(hands.values.flatMap { $0.work.values }).intersection(open)
        #expect(machine.queued.interactive + machine.queued.bulk == open.count - inHand.count)
        // What was given out again may take the queue over its bound, by as much as the workers had in hand.
        #expect(machine.queued.interactive + machine.queued.bulk <= limits.maxQueued + 6 * 5)
        #expect(!hands.values.contains { $0.gaveBack && $0.work.isEmpty }, "of no use, and not let go")
        // Nothing waits that could begin.
        if machine.freeSlots > 0 { #expect(machine.queued.interactive == 0) }
        let hasBulkPlace = hands.values.contains { !$0.drains && $0.work.count < $0.slots && bulkCount($0.work) < $0.bulkSlots }
        if hasBulkPlace { #expect(machine.queued.bulk == 0) }
        #expect((machine.oldestQueued == nil) == (machine.queued == (0, 0)))
    }

    /// Of a worker's hands, those with bulk work, also of requests that have ended.
    private func bulkCount(_ work: [UInt64: UInt64]) -> Int { work.values.count { bulk.contains($0) } }

    /// Lets everything come to its end.
    mutating func settle() throws {
        for worker in hands.keys.sorted() where hands[worker]?.drains == true {
            hands[worker] = nil
            try follow(machine.detach(worker, now: now))
        }
        try attach()
        while someWork() != nil { try answer() }
        #expect(open.isEmpty && machine.openRequests == 0 && machine.running == 0)
        #expect(machine.freeSlots == hands.values.reduce(0) { $0 + $1.slots })
    }
}

/// Reproducible random numbers.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
