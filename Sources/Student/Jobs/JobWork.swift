package import Store

/// What a kind of job does. A value of it serves all jobs of its kind.
package protocol JobWork: Sendable {
    /// Checks a request before it becomes a job.
    /// - Throws: `RPCError`, and what the store throws.
    func check(_ request: [UInt8]) async throws

    /// Does the job, from its beginning or from where an earlier process left it. Cancelled, it ends soon, with what is done on disk.
    /// - Throws: `JobFailure`, and what the store throws; anything thrown ends the job as failed.
    func run(_ job: JobRecord, _ report: JobReport) async throws
}

/// Why a job cannot go on, in words for people.
package struct JobFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
