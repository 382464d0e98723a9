/// A value that is touched on its socket thread only; touching it elsewhere stops the process.
///
/// `@unchecked` because the check is made at run time: every access asserts that it is on the thread.
package struct LoopBound<Value>: @unchecked Sendable {
    private let stored: Value
    package let loop: SocketThread

    /// May be made on any thread as long as nothing else has the value.
    package init(_ value: sending Value, loop: SocketThread) {
        stored = value
        self.loop = loop
    }

    package var value: Value {
        loop.assertCurrent()
        return stored
    }
}
