package import Store
package import Wire

extension JobRecord {
    /// As clients know it: `distillation-12`.
    package var publicID: String { "\(kind.rawValue)-\(number.rawValue)" }

    package var asMessage: Job {
        let states: [JobPhase: JobState] = [
            .queued: .queued, .running: .running, .succeeded: .succeeded, .failed: .failed, .cancelled: .cancelled,
        ]
        var job = Job()
        job.jobID = publicID
        job.kind = kind.rawValue
        job.state = states[phase] ?? .unspecified
        job.done = UInt64(clamping: done)
        job.failed = UInt64(clamping: failed)
        job.total = UInt64(clamping: total)
        job.startedAtMs = startedAt
        job.finishedAtMs = finishedAt
        job.message = message
        job.modelVersion = modelVersion
        job.metrics = lastMetrics
        return job
    }

    /// Of each name the last, in the order in which the names came: a list of jobs need not have every epoch of all of them.
    private var lastMetrics: [Metric] {
        var last: [String: Metric] = [:], names: [String] = []
        for metric in metrics where last.updateValue(metric, forKey: metric.name) == nil { names.append(metric.name) }
        return names.compactMap { last[$0] }
    }
}

extension JobNumber {
    /// The number in a client's id; nil where there is none. Whether a job is called so, its `publicID` tells.
    init?(publicID: String) {
        guard let digits = publicID.split(separator: "-").last, let number = Int64(digits), number > 0 else { return nil }
        self.init(rawValue: number)
    }
}

extension String {
    private static let mostMessageBytes = 1_024

    /// Cut to what a job keeps: reasons hold what others have sent, of any length, and each list of jobs has them all.
    var asJobMessage: String {
        guard utf8.count > Self.mostMessageBytes else { return self }
        let mark = "…"
        var end = utf8.index(utf8.startIndex, offsetBy: Self.mostMessageBytes - mark.utf8.count)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return self[..<end] + mark
    }
}
