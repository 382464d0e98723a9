/// Names one timer of a `TimerWheel`; stale names (of timers that fired or were cancelled) are harmless.
package struct TimerID: Sendable, Hashable {
    fileprivate var index: Int32
    fileprivate var generation: UInt32
}

/// What a timer calls, on the thread that advances the wheel.
package protocol TimerTarget: AnyObject {
    /// - Parameter token: as given to `schedule`.
    func timerFired(token: UInt64, now: MonotonicTime)
}

/// A hashed timing wheel (Varghese and Lauck, 1987, scheme 6): starting and cancelling a timer is O(1), which matters because nearly
/// every deadline of a call is cancelled before it fires. Timers fire at their time or up to one tick (1 ms) later, never earlier.
///
/// Nodes live in one array and are linked by index; a timer that lies beyond one turn of the wheel stays in its slot until its turn.
/// Not thread-safe; holds its targets strongly until they fire or are cancelled.
package struct TimerWheel {
    private struct Node {
        var due = MonotonicTime(nanoseconds: 0)
        var target: (any TimerTarget)?
        var token: UInt64 = 0
        var generation: UInt32 = 0
        var previous: Int32 = -1
        var next: Int32 = -1
        var slot: Int32 = -1
    }

    private static let slotCount = 4096
    private static let tick: Int64 = 1_000_000

    private var nodes: [Node] = []
    private var free: Int32 = -1
    private var heads = [Int32](repeating: -1, count: slotCount)
    /// One bit a slot that holds timers, so that finding the next one skips 64 empty slots at a time.
    private var occupied = [UInt64](repeating: 0, count: slotCount / 64)
    /// The first tick that has not been fired.
    private var position: Int64
    /// Timers that run.
    package private(set) var count = 0

    package init(now: MonotonicTime) { position = now.nanoseconds / Self.tick }

    package mutating func schedule(at due: MonotonicTime, _ target: any TimerTarget, token: UInt64) -> TimerID {
        let index: Int32
        if free >= 0 {
            index = free
            free = nodes[Int(index)].next
        } else {
            index = Int32(nodes.count)
            nodes.append(Node())
        }
        let lastTick = Int64.max / Self.tick
        let rounded = due.nanoseconds / Self.tick
        let tick = max(position, min(lastTick, due.nanoseconds % Self.tick == 0 ? rounded : rounded + 1))
        let slot = Int32(tick % Int64(Self.slotCount))
        nodes[Int(index)].due = due
        nodes[Int(index)].target = target
        nodes[Int(index)].token = token
        nodes[Int(index)].slot = slot
        nodes[Int(index)].previous = -1
        nodes[Int(index)].next = heads[Int(slot)]
        if heads[Int(slot)] >= 0 { nodes[Int(heads[Int(slot)])].previous = index }
        heads[Int(slot)] = index
        occupied[Int(slot) / 64] |= 1 << UInt64(slot % 64)
        count += 1
        return TimerID(index: index, generation: nodes[Int(index)].generation)
    }

    package mutating func cancel(_ timer: TimerID) {
        guard nodes[Int(timer.index)].generation == timer.generation, nodes[Int(timer.index)].slot >= 0 else { return }
        unlink(timer.index)
    }

    private mutating func unlink(_ index: Int32) {
        let node = nodes[Int(index)]
        if node.previous >= 0 { nodes[Int(node.previous)].next = node.next } else { heads[Int(node.slot)] = node.next }
        if node.next >= 0 { nodes[Int(node.next)].previous = node.previous }
        if heads[Int(node.slot)] < 0 { occupied[Int(node.slot) / 64] &= ~(1 << UInt64(node.slot % 64)) }
        nodes[Int(index)].target = nil
        nodes[Int(index)].slot = -1
        nodes[Int(index)].generation &+= 1
        nodes[Int(index)].next = free
        free = index
        count -= 1
    }

    /// Takes the timers that are due out of the wheel; the caller calls them, since they may start and cancel timers.
    package mutating func takeDue(now: MonotonicTime, into due: inout [(target: any TimerTarget, token: UInt64)]) {
        let target = now.nanoseconds / Self.tick
        guard target >= position else { return }
        // After a long sleep one turn visits every slot; more turns would find nothing new.
        let last = min(target, position + Int64(Self.slotCount) - 1)
        var tick = position
        while tick <= last {
            let slot = Int(tick % Int64(Self.slotCount))
            if occupied[slot / 64] == 0 {
                tick += Int64(64 - slot % 64)
                continue
            }
            var index = heads[slot]
            while index >= 0 {
                let node = nodes[Int(index)]
                if node.due <= now, let object = node.target {
                    due.append((object, node.token))
                    unlink(index)
                }
                index = node.next
            }
            tick += 1
        }
        // The current tick may get more timers before it is over.
        position = target
    }

    /// How long to sleep at most until a timer may be due; nil when no timer runs. May be early by turns of the wheel.
    package func timeToNext(from now: MonotonicTime) -> Nanoseconds? {
        guard count > 0 else { return nil }
        let start = Int(position % Int64(Self.slotCount))
        var distance = 0
        while distance < Self.slotCount {
            let slot = (start + distance) % Self.slotCount
            let word = occupied[slot / 64] >> UInt64(slot % 64)
            if word != 0 {
                let tick = position + Int64(distance + word.trailingZeroBitCount)
                return Nanoseconds(max(0, tick * Self.tick - now.nanoseconds))
            }
            distance += 64 - slot % 64
        }
        preconditionFailure("a timer outside every slot")
    }
}
