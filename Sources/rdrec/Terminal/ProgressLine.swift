import Glibc

/// Tells on standard error how far a job is: on a terminal in one line that is written over, elsewhere in a line now and then.
struct ProgressLine {
    private let width: Int?
    private var lastTold: ContinuousClock.Instant?
    private var isShown = false

    init() { width = Terminal.width(STDERR_FILENO) }

    /// To be called often: shows what is due.
    mutating func show(_ progress: some ProgressReport, _ now: ContinuousClock.Instant) {
        guard let width else {
            if now - (lastTold ?? now) >= .seconds(10) || lastTold == nil {
                if lastTold != nil { Output.note(progress.text) }
                lastTold = now
            }
            return
        }
        // A line that is wrapped could not be written over.
        Output.note(raw: "\r\(cut(progress.bar(width: width), to: width))\u{1B}[K")
        isShown = true
    }

    /// A line of its own.
    mutating func note(_ text: String) {
        clear()
        Output.note(text)
    }

    /// Makes room for other lines.
    mutating func clear() {
        if isShown { Output.note(raw: "\r\u{1B}[K") }
        isShown = false
    }
}
