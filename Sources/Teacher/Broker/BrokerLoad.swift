package import Wire

/// How the broker stands at a moment.
package struct BrokerLoad: Sendable, Hashable {
    package var queuedInteractive = 0
    package var queuedBulk = 0
    package var oldestQueued: Duration?
    /// Assignments without an outcome, and slots without an assignment, of all workers.
    package var running = 0
    package var freeSlots = 0
    package var workers: [WorkerLoad] = []
    /// Since the broker was made: workers that left with work in their hands, and requests that were given out again.
    package var lostWorkers: UInt64 = 0
    package var repeats: UInt64 = 0

    package init() {}

    package var queued: Int { queuedInteractive + queuedBulk }

    /// As `GetLoad` tells it.
    package var message: TeacherLoad {
        TeacherLoad(
            queued: UInt32(clamping: queued), running: UInt32(clamping: running), freeSlots: UInt32(clamping: freeSlots),
            oldestQueuedSeconds: oldestQueued.map { $0 / .seconds(1) } ?? 0, workers: workers)
    }
}
