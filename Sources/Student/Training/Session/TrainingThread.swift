internal import Glibc

/// The thread that trains.
enum TrainingThread {
    /// Has this thread, and those that it makes, give way to others of the process: serving answers while training runs. Idempotent.
    static func giveWay() {
        // On Linux niceness is a thread's own. Where it may not be changed, training competes.
        _ = setpriority(PRIO_PROCESS, id_t(gettid()), niceness)
    }

    private static let niceness: Int32 = 10
}
