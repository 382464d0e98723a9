/// Where all operations check what they are given. A shape that does not fit is a fault of the program: it stops here, in release too,
/// before a kernel reads or writes what is not there.
package enum Shapes {
    /// Stops the program with the operation's name and `message` (what was given and what is needed) where the condition does not hold.
    @inline(__always)
    package static func require(_ holds: Bool, _ operation: StaticString, _ message: @autoclosure () -> String) {
        if !holds { fail(operation, message()) }
    }

    @inline(never)
    private static func fail(_ operation: StaticString, _ message: String) -> Never { fatalError("Kernels: \(operation): \(message)") }
}

/// A matrix of any kind, for checks.
package protocol Shaped {
    var count: Int { get }
    var columns: Int { get }
}

extension Rows: Shaped {}
extension MutableRows: Shaped {}

extension Shapes {
    /// Stops the program where two matrices differ in shape.
    @inline(__always)
    static func requireSame(_ operation: StaticString, _ a: some Shaped, _ b: some Shaped) {
        require(a.count == b.count && a.columns == b.columns, operation, "[\(a.count), \(a.columns)] and [\(b.count), \(b.columns)]")
    }

    @inline(__always)
    static func requireSame(_ operation: StaticString, _ a: some Shaped, _ b: some Shaped, _ c: some Shaped) {
        requireSame(operation, a, b)
        requireSame(operation, a, c)
    }
}
