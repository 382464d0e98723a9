/// Makes lines of the chunks that a stream comes in. A line ends with LF; a CR before it is dropped. Pure.
package struct LineSplitter: Sendable {
    private var pending: [UInt8] = []
    /// What of `pending` was handed out, and up to where it is known to hold no LF.
    private var start = 0
    private var searched = 0
    private var hasEnded = false

    package init() {}

    /// Bytes that have come and were not handed out.
    package var pendingCount: Int { pending.count - start }

    package mutating func append(_ chunk: some Collection<UInt8>) {
        pending.removeFirst(start)
        searched -= start
        start = 0
        pending.append(contentsOf: chunk)
    }

    /// Says that nothing follows: what is left is a line, unless it is empty.
    package mutating func end() { hasEnded = true }

    /// The next line, without its end; nil when none is complete.
    package mutating func next() -> [UInt8]? {
        let end: Int
        if let newline = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
            end = newline
        } else if hasEnded, pendingCount > 0 {
            end = pending.count
        } else {
            searched = pending.count
            return nil
        }
        var line = pending[start..<end]
        start = min(end + 1, pending.count)
        searched = start
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return Array(line)
    }
}
