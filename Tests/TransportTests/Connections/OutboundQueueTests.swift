import Testing
import Transport

@Suite struct OutboundQueueTests {
    /// A peer that takes `room` messages and notes them.
    final class Peer {
        var room: Int
        var gone = false
        var taken: [[UInt8]] = []

        init(room: Int) { self.room = room }

        func send(_ header: UnsafeRawBufferPointer, _ payload: Payload) -> SendOutcome {
            if gone { return .unreachable }
            guard room > 0 else { return .full }
            room -= 1
            taken.append(Array(header) + payload)
            return .sent
        }
    }

    /// Adds up what has left the queue.
    final class Departures: DepartureObserver {
        var bytes: [Int] = []
        func departed(bytes count: Int) { bytes.append(count) }
    }

    private let observer = Departures()

    private func flush(_ queue: inout OutboundQueue, to peer: Peer) -> Bool {
        var departed: [(observer: any DepartureObserver, bytes: Int)] = []
        defer { for entry in departed { entry.observer.departed(bytes: entry.bytes) } }
        return queue.flush(by: peer.send, departed: &departed)
    }

    private func send(_ number: UInt8, to peer: Peer, _ queue: inout OutboundQueue) -> OutboundQueue.Outcome {
        [number].withUnsafeBytes { queue.send(header: $0, payload: [number], observer: self.observer, by: peer.send) }
    }

    @Test func `What a full peer does not take waits and leaves in order`() {
        var queue = OutboundQueue(maxBytes: 1_000)
        let peer = Peer(room: 2)
        let outcomes = (0..<5).map { send($0, to: peer, &queue) }
        #expect(outcomes == [.sent, .sent, .queued, .queued, .queued])
        peer.room = 1
        let one = flush(&queue, to: peer)
        #expect(one && !queue.isEmpty)
        peer.room = 10
        let late = send(5, to: peer, &queue)
        #expect(late == .queued, "nothing overtakes what waits, though there is room")
        let rest = flush(&queue, to: peer)
        #expect(rest && queue.isEmpty && queue.bytes == 0)
        #expect(peer.taken == (0...5).map { [$0, $0] })
        #expect(observer.bytes == [1, 1, 1, 1], "of what was sent at once the sender knows")
    }

    @Test func `The queue is bounded in bytes, and what is over the bound is not kept`() {
        var queue = OutboundQueue(maxBytes: 200)
        let peer = Peer(room: 0)
        // Each entry costs its 2 bytes and 64 more.
        let outcomes = (0..<5).map { send($0, to: peer, &queue) }
        #expect(outcomes == [.queued, .queued, .queued, .overflow, .overflow])
        #expect(queue.bytes == 3 * 66)
        peer.room = 10
        _ = flush(&queue, to: peer)
        #expect(peer.taken.count == 3)
        let next = send(9, to: peer, &queue)
        #expect(next == .sent)
    }

    @Test func `A peer that is gone is told at once and in the flush`() {
        var queue = OutboundQueue(maxBytes: 1_000)
        let peer = Peer(room: 0)
        _ = send(1, to: peer, &queue)
        peer.gone = true
        let flushed = flush(&queue, to: peer)
        #expect(!flushed)
        var fresh = OutboundQueue(maxBytes: 1_000)
        let outcome = send(1, to: peer, &fresh)
        #expect(outcome == .unreachable && fresh.isEmpty)
    }
}
