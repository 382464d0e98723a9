internal import Glibc

/// The thread that trains.
enum TrainingThread {
    /// Has this thread, and those that it makes, give way to others of the process: serving answers while training runs. Idempotent.
    static func giveWay() {
        // On Linux niceness is a thread's own, and 0 the one that asks. Where it may not be changed, training competes.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
    }

    private static let niceness: Int32 = 10
}
