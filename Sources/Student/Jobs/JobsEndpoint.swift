package import RPC
package import Store
internal import Transport
package import Wire

/// `rdrec.v1.Jobs`: starts, tells and ends long work.
package struct JobsEndpoint: JobsService {
    private let runner: JobRunner
    private let store: any Store
    private let reports: ReportFolder

    /// Told at most; older ones are in the store.
    private static let mostListed = 1_000
    /// Between two events of a job.
    private static let rest = Duration.milliseconds(250)

    package init(_ runner: JobRunner, _ store: any Store, reports: ReportFolder) {
        self.runner = runner
        self.store = store
        self.reports = reports
    }

    package func startDistillation(_ request: StartDistillationRequest, _ call: ServerCall) async throws -> Job {
        try await start(.distillation, request)
    }

    package func startTraining(_ request: StartTrainingRequest, _ call: ServerCall) async throws -> Job {
        // What ActivateModel asks an admin for, and files of this machine, are no more a client's by way of a training.
        if !call.peer.roles.contains(.admin) {
            guard [.unspecified, .never].contains(request.activation) else {
                throw RPCError(
                    .permissionDenied, "activation \(request.activation) needs the role admin: leave it to the daemon's own policy")
            }
            guard request.initialCheckpoint.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw RPCError(.permissionDenied, "initial_checkpoint is a folder, which needs the role admin; a client names a version")
            }
        }
        return try await start(.training, request)
    }

    package func startEvaluation(_ request: StartEvaluationRequest, _ call: ServerCall) async throws -> Job {
        try await start(.evaluation, request)
    }

    private func start(_ kind: JobKind, _ request: some WirePayload) async throws -> Job {
        try await answering { try await runner.start(kind, request: request.encoded()).asMessage }
    }

    package func getJob(_ request: GetJobRequest, _ call: ServerCall) async throws -> Job {
        try await answering { try await runner.job(publicID: request.jobID).asMessage }
    }

    package func listJobs(_ request: ListJobsRequest, _ call: ServerCall) async throws -> ListJobsResponse {
        try await answering { ListJobsResponse(jobs: try await store.jobs(limit: Self.mostListed).map(\.asMessage)) }
    }

    package func watchJob(_ request: GetJobRequest, _ responses: MessageWriter<JobEvent>, _ call: ServerCall) async throws {
        var rate = JobRate(), last: JobRecord?
        for await job in try await answering({ try await runner.watch(runner.job(publicID: request.jobID).number) }) {
            rate.sample(job.done, .now)
            var event = JobEvent(job: job.asMessage)
            event.itemsPerSecond = rate.perSecond
            if rate.perSecond > 0 { event.remainingSeconds = Double(max(0, job.total - job.done)) / rate.perSecond }
            // The first event has all that there are: a curve begins at its beginning, whenever it is looked at.
            let told = Set(last?.metrics ?? [])
            event.metrics = job.metrics.filter { !told.contains($0) }
            try await responses.write(event)
            last = job
            if !job.phase.isFinished { try await Task.sleep(for: Self.rest) }
        }
        try Task.checkCancellation()
        guard last?.phase.isFinished == true else {
            throw RPCError.tryLater(.unavailable, "the server shuts down; the job goes on with the next one", retryAfter: .seconds(1))
        }
    }

    package func getReport(_ request: GetJobRequest, _ call: ServerCall) async throws -> Report {
        try await answering {
            let job = try await runner.job(publicID: request.jobID)
            guard let report = try await reports.read(job.publicID) else {
                let id = job.publicID
                throw RPCError(
                    .failedPrecondition,
                    job.phase.isFinished ? "\(id) has left no report" : "\(id) has not ended: rdrec jobs watch \(id) shows how far it is")
            }
            return report
        }
    }

    package func cancelJob(_ request: GetJobRequest, _ call: ServerCall) async throws -> Job {
        try await answering { try await runner.cancel(runner.job(publicID: request.jobID).number).asMessage }
    }
}
