import RPC
import Synchronization
import Transport
import Wire

/// A catalog that has what it was given, and notes what it is asked.
final class FixedCatalog: CatalogService {
    private let statistics: Statistics
    private let rationales: [StoredRationale]
    private let asked = Mutex(Asked())
    /// Failures of the next calls that record.
    private let recordFailures: Mutex<[RPCError]>

    private struct Asked {
        var listings: [ListRationalesRequest] = []
        var policies: [SplitPolicy] = []
        var recorded: [(interaction: Interaction, key: String)] = []
    }

    init(_ statistics: Statistics = Statistics(), rationales: [StoredRationale] = [], recordFailures: [RPCError] = []) {
        self.statistics = statistics
        self.rationales = rationales
        self.recordFailures = Mutex(recordFailures)
    }

    var listings: [ListRationalesRequest] { asked.withLock { $0.listings } }
    var policies: [SplitPolicy] { asked.withLock { $0.policies } }
    /// With the idempotency key of each call.
    var recorded: [(interaction: Interaction, key: String)] { asked.withLock { $0.recorded } }

    func getStatistics(_ request: GetStatisticsRequest, _ call: ServerCall) async throws -> Statistics { statistics }

    func listRationales(_ request: ListRationalesRequest, _ responses: MessageWriter<StoredRationale>, _ call: ServerCall) async throws {
        asked.withLock { $0.listings.append(request) }
        for rationale in rationales { try await responses.write(rationale) }
    }

    func makeSplit(_ request: SplitPolicy, _ call: ServerCall) async throws -> Split {
        asked.withLock { $0.policies.append(request) }
        if request.kCore > 1_000 { throw RPCError(.failedPrecondition, "nothing is left") }
        return Split(
            version: 4, policy: request, createdAtMs: 1_709_209_859_000, training: 1_234, validation: 10, test: 11, isCurrent: true)
    }

    func ingest(_ requests: MessageStream<IngestRecord>, _ call: ServerCall) async throws -> IngestSummary {
        throw RPCError(.unimplemented, "")
    }

    func ingestBatches(_ requests: MessageStream<IngestBatch>, _ call: ServerCall) async throws -> IngestSummary {
        throw RPCError(.unimplemented, "")
    }

    func recordInteraction(_ request: Interaction, _ call: ServerCall) async throws -> RecordInteractionResponse {
        let key = call.metadata.text("idempotency-key") ?? ""
        let count = asked.withLock { asked in
            asked.recorded.append((request, key))
            return Set(asked.recorded.map(\.key)).count
        }
        if let error = recordFailures.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw error }
        return RecordInteractionResponse(historyLength: UInt32(count))
    }
}

/// Jobs of which each has a script: what a watcher is told in a call, one call after the other.
final class FakeJobs: JobsService {
    /// What a call that watches brings, and how it ends.
    struct Watch: Sendable {
        var events: [JobEvent]
        var end = End.normal

        enum End: Sendable {
            case normal
            case failure(RPCError)
            /// Not until the watcher goes.
            case never
        }
    }

    private struct State {
        var watches: [Watch]
        var distillations: [StartDistillationRequest] = []
        var trainings: [StartTrainingRequest] = []
        var evaluations: [StartEvaluationRequest] = []
        var cancelled: [String] = []
        var watching = 0
    }

    private let state: Mutex<State>
    private let jobs: [Job]
    private let report: Report?
    private let hasModel: Bool

    /// - Parameters:
    ///   - report: of `job-1`.
    ///   - hasModel: whether there is something to evaluate.
    init(_ jobs: [Job] = [], watches: [Watch] = [], report: Report? = nil, hasModel: Bool = true) {
        self.jobs = jobs
        self.report = report
        self.hasModel = hasModel
        state = Mutex(State(watches: watches))
    }

    var distillations: [StartDistillationRequest] { state.withLock { $0.distillations } }
    var trainings: [StartTrainingRequest] { state.withLock { $0.trainings } }
    var evaluations: [StartEvaluationRequest] { state.withLock { $0.evaluations } }
    var cancelled: [String] { state.withLock { $0.cancelled } }
    /// Calls that have come to watch.
    var watching: Int { state.withLock { $0.watching } }

    func startDistillation(_ request: StartDistillationRequest, _ call: ServerCall) async throws -> Job {
        state.withLock { $0.distillations.append(request) }
        return Job(jobID: "job-1", kind: "distillation", state: .queued)
    }

    func listJobs(_ request: ListJobsRequest, _ call: ServerCall) async throws -> ListJobsResponse { ListJobsResponse(jobs: jobs) }

    func watchJob(_ request: GetJobRequest, _ responses: MessageWriter<JobEvent>, _ call: ServerCall) async throws {
        let watch = try state.withLock { state in
            state.watching += 1
            guard request.jobID == "job-1", !state.watches.isEmpty else { throw RPCError(.notFound, "there is no job \(request.jobID)") }
            return state.watches.removeFirst()
        }
        for event in watch.events { try await responses.write(event) }
        switch watch.end {
        case .normal: break
        case .failure(let error): throw error
        case .never: try await Task.sleep(for: .seconds(600))
        }
    }

    func cancelJob(_ request: GetJobRequest, _ call: ServerCall) async throws -> Job {
        state.withLock { $0.cancelled.append(request.jobID) }
        return Job(jobID: request.jobID, state: .cancelled, done: 5, total: 9)
    }

    func getJob(_ request: GetJobRequest, _ call: ServerCall) async throws -> Job { throw RPCError(.unimplemented, "") }

    func startTraining(_ request: StartTrainingRequest, _ call: ServerCall) async throws -> Job {
        state.withLock { $0.trainings.append(request) }
        if request.preset == "huge" { throw RPCError(.invalidArgument, "preset: there are small and paper") }
        if request.initialCheckpoint == "0009" { throw RPCError(.notFound, "there is no version 0009") }
        return Job(jobID: "job-1", kind: "training", state: .queued)
    }

    func startEvaluation(_ request: StartEvaluationRequest, _ call: ServerCall) async throws -> Job {
        state.withLock { $0.evaluations.append(request) }
        if request.modelVersion == "0009" || !hasModel { throw RPCError(.failedPrecondition, "there is no such version") }
        return Job(jobID: "job-1", kind: "evaluation", state: .queued)
    }

    func getReport(_ request: GetJobRequest, _ call: ServerCall) async throws -> Report {
        guard request.jobID == "job-1", let report else { throw RPCError(.failedPrecondition, "\(request.jobID) has left no report") }
        return report
    }
}

/// A store that is in the state given, and whose backup comes in the chunks given.
struct FakeStorage: StorageService {
    var response = CheckStoreResponse()
    var chunks: [BackupChunk] = []
    /// Whether the backup does not end after the chunks.
    var isEndless = false

    func checkStore(_ request: CheckStoreRequest, _ call: ServerCall) async throws -> CheckStoreResponse { response }

    func backUpStore(_ request: BackUpStoreRequest, _ responses: MessageWriter<BackupChunk>, _ call: ServerCall) async throws {
        for chunk in chunks { try await responses.write(chunk) }
        if isEndless { try await Task.sleep(for: .seconds(600)) }
    }
}
