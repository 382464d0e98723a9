package import Wire

/// What the shop knows, kept safely: users, items, interactions, reviews, rationales, splits and jobs.
///
/// What a method has returned from is on disk, and survives `kill -9` of any process and the loss of power. All methods may be called from
/// any task; none blocks a thread of the cooperative pool. A store is of one process at a time.
///
/// Nothing that learns may read rows past their split: `TrainingView` is the one way to them, and `Split.trainingMaySee` the one rule.
///
/// All implementations run the suite of `Tests/Support/StoreConformance`.
package protocol Store: Sendable {
    // MARK: Taking in

    /// Takes records in, in their order, all in one transaction: each is added, was there before, or is refused for itself.
    ///
    /// An interaction is named by user, item and time; its place among others of the same time is that of its coming. A review by its id, or
    /// without one by its interaction, which it brings along and which has one review at most. An item that comes again with other texts has those from then on. A rationale is
    /// named by its review, its teacher's weights and the prompt version; the first counts.
    /// - Parameter records: normalised and checked by `RecordCheck` of the student; ids not empty.
    func ingest(_ records: [IngestRecord.Record]) async throws(StoreError) -> [IngestOutcome]

    /// Takes in one interaction.
    /// - Parameter key: names the caller's intent: the same key a second time changes nothing and has the same answer. Kept for a day.
    /// - Returns: the user's interactions, this one included.
    func record(_ interaction: Interaction, key: String?) async throws(StoreError) -> Int

    // MARK: Reading

    func statistics() async throws(StoreError) -> Statistics

    /// A user's interactions, oldest first: by time, then by the order in which they came.
    /// - Parameter latest: at most so many, the latest.
    /// - Returns: none for a user who is not known.
    func history(ofUser userID: String, latest: Int) async throws(StoreError) -> [Interaction]

    /// Calls `body` with the rationales of one item's or one user's reviews, in the order of the interactions, in batches.
    /// - Throws: `notFound` for a subject that is not known; what `body` throws.
    func rationales(
        of subject: RationaleSubject, trainingOnly: Bool, _ body: @Sendable ([StoredRationale]) async throws -> Void) async throws

    /// Items after `item`, in the order of their numbers.
    /// - Returns: at most `limit`; none at the end.
    func items(after item: ItemNumber, limit: Int) async throws(StoreError) -> [StoredItem]

    /// Users after `user`, in the order of their numbers.
    /// - Returns: at most `limit`; none at the end.
    func users(after user: UserNumber, limit: Int) async throws(StoreError) -> [StoredUser]

    /// The number of a user; nil for one who is not known.
    func user(_ id: String) async throws(StoreError) -> UserNumber?

    /// The number of the newest rationale of all; `none` before the first. Those that come later have greater numbers.
    func newestRationale() async throws(StoreError) -> RationaleNumber

    // MARK: Splits

    /// Divides all interactions anew. The version is kept as long as an unfinished job uses it, or it is among the newest
    /// `Split.keptVersions`.
    /// - Throws: `invalid` for a policy that cannot be.
    func makeSplit(_ policy: SplitPolicy) async throws(StoreError) -> Split

    /// The newest; nil before the first.
    func currentSplit() async throws(StoreError) -> Split?

    /// The newest if no interaction has come since; else one made now by the policy of the newest, leave one out where there is none.
    /// - Parameter job: that it is of from then on, and which keeps it; nil for none.
    func freshSplit(pinnedBy job: JobNumber?) async throws(StoreError) -> Split

    /// - Throws: `notFound` for a version that is not kept any more.
    func split(_ version: UInt64) async throws(StoreError) -> Split

    /// What a split lets training see.
    func training(_ split: Split) -> any TrainingView

    /// The part of each interaction of a split, by user, oldest first.
    /// - Returns: at most `limit` users that come after `user`, in the store's own order; none at the end.
    func sequences(of split: Split, after user: UserNumber, limit: Int) async throws(StoreError) -> [UserSequence]

    /// For evaluation alone: what users wrote of interactions that the split holds back, to compare what a model writes with. Nothing that learns
    /// may ask for it.
    /// - Returns: of those that are in the validation or the test part and have a text. None of training's.
    func heldBackReviewsForEvaluation(
        of interactions: [InteractionNumber], in split: Split
    ) async throws(StoreError) -> [InteractionNumber: Review]

    // MARK: Distillation

    /// The teacher's number, which it keeps. A teacher is its weights and its prompt's version.
    func teacher(_ identity: TeacherIdentity) async throws(StoreError) -> TeacherNumber

    /// What the teacher has made of reviews, each outcome whole or not at all, with the job's progress in the same transaction.
    ///
    /// Rationales that are there already count as done and change nothing.
    func settle(_ outcomes: [DistillationOutcome], teacher: TeacherNumber, job: JobNumber) async throws(StoreError) -> JobRecord

    // MARK: Jobs

    func addJob(kind: JobKind, request: [UInt8]) async throws(StoreError) -> JobRecord
    /// - Throws: `notFound`.
    func job(_ number: JobNumber) async throws(StoreError) -> JobRecord
    /// The newest first.
    func jobs(limit: Int) async throws(StoreError) -> [JobRecord]
    /// Queued and running ones, in the order of their coming.
    func unfinishedJobs() async throws(StoreError) -> [JobRecord]
    /// - Throws: `notFound`; `invalid` for a change that a job in its state cannot have: what has finished stays as it is.
    func update(_ number: JobNumber, _ change: JobChange) async throws(StoreError) -> JobRecord

    // MARK: Upkeep

    func check() async throws(StoreError) -> CheckStoreResponse
    /// Writes a copy of the store as of one moment to a file that does not exist, while everything goes on.
    func backUp(to path: String) async throws(StoreError)
    /// Nothing may be called afterwards.
    func close() async
}
