internal import CSystem
internal import Glibc

/// A named pthread that runs one closure and is joined, or detached, by whoever started it.
///
/// Blocking loops live on threads of their own: the Swift pool is as wide as the machine and does not grow.
final class OSThread: Sendable {
    private let handle: pthread_t

    private final class Body {
        let name: String
        let run: @Sendable () -> Void
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// - Parameter name: shown by debuggers; 15 bytes of it.
    init(name: String, _ run: @escaping @Sendable () -> Void) {
        var handle = pthread_t()
        let body = Unmanaged.passRetained(Body(name: name, run: run))
        let status = pthread_create(
            &handle, nil,
            { raw in
                // The pointer is the one passed below, taken over here; nil cannot come.
                let body = Unmanaged<Body>.fromOpaque(raw!).takeRetainedValue()
                csystem_name_thread(body.name)
                body.run()
                return nil
            }, body.toOpaque())
        precondition(status == 0, "pthread_create: \(String(cString: strerror(status)))")
        self.handle = handle
    }

    var isCurrent: Bool { pthread_equal(pthread_self(), handle) != 0 }

    /// Lets it end by itself.
    func detach() { pthread_detach(handle) }

    func join() {
        let status = pthread_join(handle, nil)
        precondition(status == 0, "pthread_join: \(String(cString: strerror(status)))")
    }
}
