public import Glibc

/// A value behind a `pthread_mutex_t`.
///
/// What `Synchronization.Mutex` is for, but for one thing: ThreadSanitizer knows pthread's locks and does not see into that one, so that it
/// reports a race for every value it guards, and true races would drown. `public` and inlinable since it is generic and on the hot
/// path of other modules.
public final class Locked<Value>: @unchecked Sendable {
    // The mutex needs an address of its own. `@unchecked`: every access to the value holds it.
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline var value: Value

    public init(_ value: sending Value) {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        let status = pthread_mutex_init(mutex, nil)
        precondition(status == 0, "pthread_mutex_init: \(String(cString: strerror(status)))")
        self.value = value
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` while no other thread can. Not to be entered again from within.
    @inlinable
    public func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
