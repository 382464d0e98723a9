package import Wire

package enum JobKind: String, Sendable, Hashable, CaseIterable {
    case distillation, training, evaluation
}

package enum JobPhase: Int, Sendable, Hashable {
    case queued = 1
    case running, succeeded, failed, cancelled

    package var isFinished: Bool { self == .succeeded || self == .failed || self == .cancelled }
}

/// Long work as the store keeps it: what a restart goes on from.
package struct JobRecord: Sendable, Hashable {
    package var number: JobNumber
    package var kind: JobKind
    package var phase: JobPhase
    /// The message that started it, as its kind encodes it.
    package var request: [UInt8]
    /// The version of the split that it works by; nil before it has one.
    package var split: UInt64?
    /// Finished, those that failed included.
    package var done: Int
    package var failed: Int
    /// As known now.
    package var total: Int
    /// Unix, in milliseconds; 0 = not yet.
    package var createdAt: Int64
    package var startedAt: Int64
    package var finishedAt: Int64
    /// For people: why it stands still or has failed.
    package var message: String
    /// Whether somebody wants it to end: it does at its next step, after a restart too.
    package var isCancelRequested: Bool
    /// Of the student, which it makes or is about; empty for none.
    package var modelVersion = ""
    /// What it has measured, in the order of coming.
    package var metrics: [Metric] = []
}

/// A change of a job. Nil leaves as it is.
package struct JobChange: Sendable, Hashable {
    package var phase: JobPhase?
    package var split: UInt64?
    package var done: Int?
    package var total: Int?
    package var message: String?
    package var modelVersion: String?
    /// Behind those that are there. One of a name and step that is there already takes its place: a job that goes on measures some again.
    package var metrics: [Metric] = []
    package var requestsCancel = false

    package init(
        phase: JobPhase? = nil, split: UInt64? = nil, done: Int? = nil, total: Int? = nil, message: String? = nil,
        modelVersion: String? = nil, metrics: [Metric] = [], requestsCancel: Bool = false
    ) {
        self.phase = phase
        self.split = split
        self.done = done
        self.total = total
        self.message = message
        self.modelVersion = modelVersion
        self.metrics = metrics
        self.requestsCancel = requestsCancel
    }
}
