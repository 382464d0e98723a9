import RPC
import Synchronization
import Transport
import Wire

/// A catalog that has what it was given, and notes what it is asked.
final class FixedCatalog: CatalogService {
    private let statistics: Statistics
    private let rationales: [StoredRationale]
    private let asked = Mutex<(listings: [ListRationalesRequest], policies: [SplitPolicy])>(([], []))

    init(_ statistics: Statistics = Statistics(), rationales: [StoredRationale] = []) {
        self.statistics = statistics
        self.rationales = rationales
    }

    var listings: [ListRationalesRequest] { asked.withLock { $0.listings } }
    var policies: [SplitPolicy] { asked.withLock { $0.policies } }

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
        throw RPCError(.unimplemented, "")
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
        var cancelled: [String] = []
        var watching = 0
    }

    private let state: Mutex<State>
    private let jobs: [Job]

    init(_ jobs: [Job] = [], watches: [Watch] = []) {
        self.jobs = jobs
        state = Mutex(State(watches: watches))
    }

    var distillations: [StartDistillationRequest] { state.withLock { $0.distillations } }
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
    func startTraining(_ request: StartTrainingRequest, _ call: ServerCall) async throws -> Job { throw RPCError(.unimplemented, "") }
    func startEvaluation(_ request: StartEvaluationRequest, _ call: ServerCall) async throws -> Job { throw RPCError(.unimplemented, "") }
    func getReport(_ request: GetJobRequest, _ call: ServerCall) async throws -> Report { throw RPCError(.unimplemented, "") }
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
