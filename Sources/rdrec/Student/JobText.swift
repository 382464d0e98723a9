import Wire

extension JobState {
    /// As in RUNNING.
    var word: String {
        let name = description, prefix = "JOB_STATE_"
        return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    }

    /// Whether nothing follows.
    var isFinal: Bool { [.succeeded, .failed, .cancelled].contains(self) }
}

extension Job {
    /// As in `job-7 SUCCEEDED: 118 of 120, 2 failed; the teacher went away`.
    var line: String {
        var text = "\(jobID) \(state.word): \(thousands(done)) of \(thousands(total))"
        if failed > 0 { text += ", \(thousands(failed)) failed" }
        if !message.isEmpty { text += "; \(message)" }
        return printable(text)
    }

    /// A table's head, and its row for a job.
    static let columns = ["JOB", "KIND", "STATE", "DONE", "TOTAL", "FAILED", "STARTED", "FINISHED", "MESSAGE"]
    /// Those of figures.
    static let figures: Set<Int> = [3, 4, 5]

    var row: [String] {
        [
            jobID, kind, state.word, thousands(done), thousands(total), thousands(failed), Moment.text(startedAtMs),
            Moment.text(finishedAtMs), message,
        ].map(printable)
    }
}
