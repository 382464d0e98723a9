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
    /// As in `distillation-7 SUCCEEDED: 118 of 120, 2 failed; the teacher went away`, or
    /// `training-8 SUCCEEDED: 900 of 900, model 0003, validation HR@10 0.0912, NDCG@10 0.0480`.
    var line: String {
        var text = "\(jobID) \(state.word): \(thousands(done)) of \(thousands(total))"
        if failed > 0 { text += ", \(thousands(failed)) failed" }
        if !modelVersion.isEmpty { text += ", model \(modelVersion)" }
        if !figures.isEmpty { text += ", \(figures)" }
        if !message.isEmpty { text += "; \(message)" }
        return printable(text)
    }

    /// A table's head, and its row for a job.
    static let columns = ["JOB", "KIND", "STATE", "DONE", "TOTAL", "FAILED", "STARTED", "FINISHED", "MODEL", "FIGURES", "MESSAGE"]
    /// Those of numbers.
    static let numberColumns: Set<Int> = [3, 4, 5]

    var row: [String] {
        [
            jobID, kind, state.word, thousands(done), thousands(total), thousands(failed), Moment.text(startedAtMs),
            Moment.text(finishedAtMs), modelVersion.isEmpty ? "-" : modelVersion, figures.isEmpty ? "-" : figures, message,
        ].map(printable)
    }
}
