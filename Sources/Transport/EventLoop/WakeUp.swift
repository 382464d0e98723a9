internal import CSystem
internal import Glibc

/// An eventfd by which other threads end a poll.
struct WakeUp: Sendable {
    let descriptor: CInt

    init() {
        descriptor = csystem_eventfd()
        precondition(descriptor >= 0, "eventfd: \(String(cString: strerror(errno))); raise the limit of open files (ulimit -n)")
    }

    func ring() {
        var one: UInt64 = 1
        // EAGAIN means that the counter is full: the poll ends anyway.
        _ = write(descriptor, &one, 8)
    }

    func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }

    func close() { _ = Glibc.close(descriptor) }
}
