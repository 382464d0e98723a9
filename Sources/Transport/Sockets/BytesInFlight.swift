internal import CZeroMQ
internal import Glibc
internal import Synchronization

/// Counts the bytes of large frames that libzmq holds for one peer: it frees a frame when it has left, on its own thread, and tells us.
package final class BytesInFlight: Sendable {
    private let bytes = Atomic<Int>(0)

    package init() {}

    var count: Int { bytes.load(ordering: .relaxed) }

    private final class Frame {
        let owner: BytesInFlight
        let count: Int
        init(owner: BytesInFlight, count: Int) {
            self.owner = owner
            self.count = count
        }
    }

    /// Makes a message of a copy of `payload`, counted until libzmq frees it.
    /// - Returns: false when memory ran out; then `message` is not initialised.
    func initialize(_ message: inout zmq_msg_t, copying payload: UnsafeRawBufferPointer) -> Bool {
        guard payload.count >= SocketLimits.countedFrameBytes, let source = payload.baseAddress else {
            guard zmq_msg_init_size(&message, payload.count) == 0 else { return false }
            if let source = payload.baseAddress { memcpy(zmq_msg_data(&message), source, payload.count) }
            return true
        }
        guard let copy = malloc(payload.count) else { return false }
        memcpy(copy, source, payload.count)
        let frame = Unmanaged.passRetained(Frame(owner: self, count: payload.count))
        bytes.add(payload.count, ordering: .relaxed)
        let status = zmq_msg_init_data(
            &message, copy, payload.count,
            { data, hint in
                free(data)
                guard let hint else { return }
                let frame = Unmanaged<Frame>.fromOpaque(hint).takeRetainedValue()
                frame.owner.bytes.subtract(frame.count, ordering: .relaxed)
            }, frame.toOpaque())
        if status != 0 {
            bytes.subtract(payload.count, ordering: .relaxed)
            frame.release()
            free(copy)
        }
        return status == 0
    }
}
