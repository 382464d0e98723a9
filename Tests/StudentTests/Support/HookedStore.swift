import Store
import Wire

/// A store with hooks before or behind some of its methods: room that is not there, and moments that tests would have to wait for.
struct HookedStore: Store {
    let store: any Store
    var beforeIngest: @Sendable ([IngestRecord.Record]) async -> Void = { _ in }
    var behindJob: @Sendable (JobRecord) async throws(StoreError) -> Void = { (_) async throws(StoreError) in }
    var beforeUpdate: @Sendable (JobChange) async throws(StoreError) -> Void = { (_) async throws(StoreError) in }
    var behindUnfinished: @Sendable () async -> Void = {}
    var beforeCurrentSplit: @Sendable () async throws(StoreError) -> Void = { () async throws(StoreError) in }
    var beforeStatistics: @Sendable () async -> Void = {}
    var beforeCheck: @Sendable () async -> Void = {}

    func ingest(_ records: [IngestRecord.Record]) async throws(StoreError) -> [IngestOutcome] {
        await beforeIngest(records)
        return try await store.ingest(records)
    }

    func statistics() async throws(StoreError) -> Statistics {
        await beforeStatistics()
        return try await store.statistics()
    }

    func check() async throws(StoreError) -> CheckStoreResponse {
        await beforeCheck()
        return try await store.check()
    }

    func job(_ number: JobNumber) async throws(StoreError) -> JobRecord {
        let job = try await store.job(number)
        try await behindJob(job)
        return job
    }

    func unfinishedJobs() async throws(StoreError) -> [JobRecord] {
        let jobs = try await store.unfinishedJobs()
        await behindUnfinished()
        return jobs
    }

    func update(_ number: JobNumber, _ change: JobChange) async throws(StoreError) -> JobRecord {
        try await beforeUpdate(change)
        return try await store.update(number, change)
    }

    func currentSplit() async throws(StoreError) -> Split? {
        try await beforeCurrentSplit()
        return try await store.currentSplit()
    }

    // MARK: As they are

    func record(_ interaction: Interaction, key: String?) async throws(StoreError) -> Int { try await store.record(interaction, key: key) }
    func history(ofUser userID: String, latest: Int) async throws(StoreError) -> [Interaction] {
        try await store.history(ofUser: userID, latest: latest)
    }
    func rationales(
        of subject: RationaleSubject, trainingOnly: Bool, _ body: @Sendable ([StoredRationale]) async throws -> Void
    ) async throws { try await store.rationales(of: subject, trainingOnly: trainingOnly, body) }
    func items(after item: ItemNumber, limit: Int) async throws(StoreError) -> [StoredItem] {
        try await store.items(after: item, limit: limit)
    }
    func users(after user: UserNumber, limit: Int) async throws(StoreError) -> [StoredUser] {
        try await store.users(after: user, limit: limit)
    }
    func user(_ id: String) async throws(StoreError) -> UserNumber? { try await store.user(id) }
    func newestRationale() async throws(StoreError) -> RationaleNumber { try await store.newestRationale() }
    func makeSplit(_ policy: SplitPolicy) async throws(StoreError) -> Split { try await store.makeSplit(policy) }
    func freshSplit(pinnedBy job: JobNumber?) async throws(StoreError) -> Split { try await store.freshSplit(pinnedBy: job) }
    func split(_ version: UInt64) async throws(StoreError) -> Split { try await store.split(version) }
    func training(_ split: Split) -> any TrainingView { store.training(split) }
    func sequences(of split: Split, after user: UserNumber, limit: Int) async throws(StoreError) -> [UserSequence] {
        try await store.sequences(of: split, after: user, limit: limit)
    }
    func heldBackReviewsForEvaluation(
        of interactions: [InteractionNumber], in split: Split
    ) async throws(StoreError) -> [InteractionNumber: Review] {
        try await store.heldBackReviewsForEvaluation(of: interactions, in: split)
    }
    func teacher(_ identity: TeacherIdentity) async throws(StoreError) -> TeacherNumber { try await store.teacher(identity) }
    func settle(_ outcomes: [DistillationOutcome], teacher: TeacherNumber, job: JobNumber) async throws(StoreError) -> JobRecord {
        try await store.settle(outcomes, teacher: teacher, job: job)
    }
    func addJob(kind: JobKind, request: [UInt8]) async throws(StoreError) -> JobRecord {
        try await store.addJob(kind: kind, request: request)
    }
    func jobs(limit: Int) async throws(StoreError) -> [JobRecord] { try await store.jobs(limit: limit) }
    func backUp(to path: String) async throws(StoreError) { try await store.backUp(to: path) }
    func close() async { await store.close() }
}
