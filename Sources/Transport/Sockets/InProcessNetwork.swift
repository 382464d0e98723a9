internal import DequeModule
internal import Locks

/// Sockets without a network: the in-process twin of ROUTER and DEALER, reached by `inproc://NAME`. Calls can be tested over it
/// without ports and files, and with faults that a real network shows once a year.
///
/// It behaves as the sockets above it expect of libzmq: messages arrive whole, in order and at most once; each way holds a bounded
/// number of them; a peer that is gone is `unreachable`. Safe from any thread.
package enum InProcessNetwork {
    /// What happens to a message on its way.
    package enum Fate: Sendable { case deliver, drop }
    package enum Direction: Sendable, Hashable { case toServer, toClient }
    /// Decides with the header frame in hand.
    package typealias Filter = @Sendable (Direction, [UInt8]) -> Fate

    private static let servers = Locked<[String: InProcessServerInbox]>([:])
    private static let filters = Locked<[String: Filter]>([:])

    /// Lets `filter` decide over every message to and from `name`; nil ends it. Silence in both directions is a peer that stands still.
    package static func setFilter(_ name: String, _ filter: Filter?) {
        filters.withLock { $0[name] = filter }
    }

    /// Cuts every connection to `name`, as a broken cable would.
    package static func sever(_ name: String) {
        server(name)?.severAll()
    }

    static func fate(_ name: String, _ direction: Direction, _ header: UnsafeRawBufferPointer) -> Fate {
        guard let filter = filters.withLock({ $0[name] }) else { return .deliver }
        return filter(direction, Array(header))
    }

    static func bind(_ name: String, _ inbox: InProcessServerInbox) -> Bool {
        servers.withLock { servers in
            guard servers[name] == nil else { return false }
            servers[name] = inbox
            return true
        }
    }

    static func unbind(_ name: String) { servers.withLock { $0[name] = nil } }

    static func server(_ name: String) -> InProcessServerInbox? { servers.withLock { $0[name] } }

    /// Messages that each way holds.
    static let capacity = Int(SocketLimits.highWaterMark)
}

/// What waits for a server's socket. Safe from any thread.
final class InProcessServerInbox: Sendable {
    struct Entry: Sendable {
        var peer: PeerID
        var header: [UInt8]
        var payload: Payload
    }

    private struct State {
        var entries: Deque<Entry> = []
        var counts: [PeerID: Int] = [:]
        var clients: [PeerID: InProcessClientInbox] = [:]
        var nextPeer: UInt32 = 1
    }

    private let state = Locked(State())
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    func attach(_ client: InProcessClientInbox) -> PeerID {
        state.withLock { state in
            defer { state.nextPeer &+= 1 }
            let peer = PeerID(rawValue: state.nextPeer)
            state.clients[peer] = client
            return peer
        }
    }

    func detach(_ peer: PeerID) { state.withLock { $0.clients[peer] = nil } }

    func severAll() {
        let clients = state.withLock { state in
            defer { state.clients = [:] }
            return Array(state.clients.values)
        }
        for client in clients { client.lose() }
    }

    func push(_ entry: Entry) -> SendOutcome {
        let outcome: SendOutcome = state.withLock { state in
            guard state.clients[entry.peer] != nil else { return .unreachable }
            guard state.counts[entry.peer, default: 0] < InProcessNetwork.capacity else { return .full }
            state.counts[entry.peer, default: 0] += 1
            state.entries.append(entry)
            return .sent
        }
        if outcome == .sent { wake() }
        return outcome
    }

    func pop() -> Entry? {
        state.withLock { state in
            guard let entry = state.entries.popFirst() else { return nil }
            state.counts[entry.peer, default: 1] -= 1
            if state.counts[entry.peer] == 0 { state.counts[entry.peer] = nil }
            return entry
        }
    }

    func client(_ peer: PeerID) -> InProcessClientInbox? { state.withLock { $0.clients[peer] } }
}

/// What waits for a client's socket. Safe from any thread.
final class InProcessClientInbox: Sendable {
    private struct State {
        var messages: Deque<(header: [UInt8], payload: Payload)> = []
        var lost = false
    }

    private let state = Locked(State())
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    func push(header: UnsafeRawBufferPointer, payload: Payload) -> SendOutcome {
        let outcome: SendOutcome = state.withLock { state in
            guard !state.lost else { return .unreachable }
            guard state.messages.count < InProcessNetwork.capacity else { return .full }
            state.messages.append((Array(header), payload))
            return .sent
        }
        if outcome == .sent { wake() }
        return outcome
    }

    func lose() {
        state.withLock { $0.lost = true }
        wake()
    }

    var isLost: Bool { state.withLock { $0.lost } }

    func pop() -> (header: [UInt8], payload: Payload)? { state.withLock { $0.messages.popFirst() } }
}
