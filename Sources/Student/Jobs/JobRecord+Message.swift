internal import RPC
package import Store
internal import Transport
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
        return job
    }
}

extension JobNumber {
    /// Out of a client's id.
    /// - Throws: NOT_FOUND for what no job is called.
    init(publicID: String) throws(RPCError) {
        let parts = publicID.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, JobKind(rawValue: String(parts[0])) != nil, let number = Int64(parts[1]), number > 0 else {
            throw RPCError(.notFound, "there is no job \(publicID): rdrec jobs lists them")
        }
        self.init(rawValue: number)
    }
}
