internal import DequeModule

/// Hears when a message has been taken by the socket, on the socket thread.
package protocol DepartureObserver: AnyObject {
    /// - Parameter bytes: of the payload.
    func departed(bytes: Int)
}

/// What waits for one peer while the way to it is full: first in, first out, bounded in bytes. Confined to the socket thread.
package struct OutboundQueue {
    private var waiting: Deque<(header: [UInt8], payload: Payload, observer: (any DepartureObserver)?)> = []
    /// Of what waits, each entry's overhead included.
    package private(set) var bytes = 0
    package let maxBytes: Int

    /// What an entry costs beside its bytes.
    private static let overhead = 64
    /// Bytes beyond `maxBytes` for messages without a payload.
    package static let reserve = 4 << 20

    /// - Parameter maxBytes: what may wait.
    package init(maxBytes: Int) { self.maxBytes = maxBytes }

    package var isEmpty: Bool { waiting.isEmpty }

    /// What became of a message.
    package enum Outcome { case sent, queued, overflow, unreachable }

    /// Sends at once if nothing waits, else queues.
    /// - Parameter observer: hears of the message later if it is queued; of one that is sent at once the caller knows.
    package mutating func send(
        header: UnsafeRawBufferPointer, payload: Payload, observer: (any DepartureObserver)?,
        by send: (UnsafeRawBufferPointer, Payload) -> SendOutcome
    ) -> Outcome {
        if waiting.isEmpty {
            switch send(header, payload) {
            case .sent: return .sent
            case .unreachable: return .unreachable
            case .full: break
            }
        }
        let size = header.count + payload.count + Self.overhead
        // Messages without a payload end and steer calls: they have a reserve that payloads cannot use up.
        guard bytes + size <= maxBytes + (payload.isEmpty ? Self.reserve : 0) else { return .overflow }
        bytes += size
        waiting.append((Array(header), payload, observer))
        return .queued
    }

    /// Sends what waits, as far as it goes.
    /// - Parameter departed: hears of each message that leaves; not called while the queue is being changed.
    /// - Returns: false when the peer is gone.
    package mutating func flush(
        by send: (UnsafeRawBufferPointer, Payload) -> SendOutcome, departed: inout [(observer: any DepartureObserver, bytes: Int)]
    ) -> Bool {
        while let first = waiting.first {
            switch first.header.withUnsafeBytes({ send($0, first.payload) }) {
            case .full: return true
            case .unreachable: return false
            case .sent:
                bytes -= first.header.count + first.payload.count + Self.overhead
                if let observer = first.observer { departed.append((observer, first.payload.count)) }
                waiting.removeFirst()
            }
        }
        return true
    }
}
