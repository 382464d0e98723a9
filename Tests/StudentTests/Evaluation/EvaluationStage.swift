import ChildProcesses
import DaemonStage
import Evaluation
import Locks
import Store
import Student
import Testing
import Wire

/// Evaluations of scripted versions of a store, in this process.
struct EvaluationStage {
    let store: any Store
    let reports: ReportFolder
    let work: EvaluationWork

    /// - Parameters:
    ///   - versions: the first is active.
    ///   - numbers: of each place in the indexing.
    init(
        _ store: any Store, _ folder: String, _ versions: [FormulaVersion], numbers: [Int]? = nil, trainer: RobustnessTrainer? = nil
    ) {
        self.store = store
        reports = ReportFolder(directory: folder)
        let find: @Sendable (String) throws -> FormulaVersion = { name in
            guard let version = versions.first(where: { $0.description.version == name }) else {
                throw StoreError(.notFound, "there is no model \(name)")
            }
            return version
        }
        let known = EvaluatedVersions(
            active: { versions.first?.description.version }, describe: { try find($0).description },
            open: { OpenedVersion(try find($0), itemNumbers: numbers) })
        work = EvaluationWork(store, known, reports: reports, trainer: trainer, logger: quietLogger)
    }

    /// Runs one evaluation to its end.
    func end(of request: StartEvaluationRequest) async throws -> JobRecord {
        try await withRunner(store, works: [.evaluation: work]) { runner in
            try await runner.end(of: runner.start(.evaluation, request: request.encoded()).number)
        }
    }

    /// The same, and what it has to show.
    func report(_ request: StartEvaluationRequest) async throws -> (report: EvaluationReport, job: JobRecord) {
        let job = try await end(of: request)
        guard job.phase == .succeeded else { throw Missing(description: "an evaluation that succeeds: \(job.message)") }
        return (try EvaluationReport(json: try await file("report.json", of: job)), job)
    }

    func file(_ name: String, of job: JobRecord) async throws -> String {
        try found(try await reports.read(job.publicID)?.files.first { $0.name == name }?.content, name)
    }

    func files(of job: JobRecord) async throws -> [String] { try await reports.read(job.publicID)?.files.map(\.name) ?? [] }
}

extension JobRecord {
    func metric(_ name: String) -> Double? { metrics.first { $0.name == name }?.value }
}

/// Runs `body` with a store that holds users' items, in order, and the split of them.
/// - Parameter users: ids with items; the n-th item of each was taken at 1000 n + 1000 ms, and reviewed.
func withTakenItems<Result>(
    _ users: [(id: String, items: [String])], policy: SplitPolicy = SplitPolicy(), text: String = "says",
    _ body: (SQLiteStore, String, Split) async throws -> Result
) async throws -> Result {
    try await withStore { store, folder in
        let records = users.flatMap { user in
            user.items.enumerated().map { place, item in
                IngestRecord.Record.review(
                    Review(
                        userID: user.id, itemID: item, text: text.isEmpty ? "" : "\(user.id) \(text) of \(item)", rating: 4,
                        timestampMs: Int64(place + 1) * 1_000))
            }
        }
        _ = try await store.ingest(records)
        return try await body(store, folder, try await store.makeSplit(policy))
    }
}

/// Ten items, and users whose ranks after `FormulaVersion.next` are known.
enum KnownRanks {
    static let items = (0..<10).map { "i\($0)" }
    static let users: [(id: String, items: [String])] = [
        ("first", ["i0", "i1", "i2", "i3"]),  // test: after 2 comes 3, the first
        ("third", ["i0", "i1", "i2", "i5"]),  // 3, 4, 5
        ("again", ["i5", "i6", "i7", "i6"]),  // 8, 9, 0 to 4, and 6, which was there before; 5 and 7 are hidden
        ("short", ["i9", "i0", "i3"]),  // 1, 2, 3
        ("two", ["i4", "i4"]),  // too few
        ("gone", ["i1", "i2", "new"]),  // what the model does not know
    ]
    /// The mean of 1 / rank of the test.
    static let meanReciprocalRank = (1 + 1.0 / 3 + 1.0 / 8 + 1.0 / 3) / 5
}
