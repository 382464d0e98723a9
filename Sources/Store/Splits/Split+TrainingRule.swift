package import Wire

extension Split {
    /// May training see this? The one rule, by which every store answers for interactions, reviews, rationales, profiles and counts: what is in
    /// the training part of the split that the training goes by. What came after the split was made is in no part of it, and is not seen.
    package static func trainingMaySee(_ part: SplitPart) -> Bool { part == .training }

    /// Versions that are kept beside those that unfinished jobs use.
    package static let keptVersions = 4
}

/// What training may see of a store by one split. Everything that learns, counts or writes profiles reads through this: vocabulary, item
/// indexing, popularity, negatives, rationales. Each answer is empty for what the split holds back.
package protocol TrainingView: Sendable {
    var split: Split { get }

    /// Whether training may see the interaction, and with it its reviews and what was written from them.
    func sees(_ interaction: InteractionNumber) async throws(StoreError) -> Bool

    /// Users with their training interactions, oldest first: at most `limit` users after `user`. None at the end.
    func sequences(after user: UserNumber, limit: Int) async throws(StoreError) -> [UserSequence]

    /// How often each item was taken, for popularity and negatives. Items without any are not there.
    func itemCounts() async throws(StoreError) -> [ItemNumber: Int]

    /// The reviews with a text after `review`, in the order of their numbers: at most `limit`.
    func reviews(after review: ReviewNumber, limit: Int) async throws(StoreError) -> [PendingReview]

    /// Those of them that lack a rationale of the teacher, and that it has not failed on for good.
    /// - Parameter failedBefore: in milliseconds since 1970: those too that it failed on before. 0 leaves out all.
    func reviewsToDistil(
        teacher: TeacherNumber, failedBefore: Int64, after review: ReviewNumber, limit: Int
    ) async throws(StoreError) -> [PendingReview]

    /// How many those are.
    func countToDistil(teacher: TeacherNumber, failedBefore: Int64) async throws(StoreError) -> Int

    /// Rationales after `rationale` and up to `last`, in the order of their numbers: what a training has read once can be read again as it was.
    /// A review can have several, of different teachers; of these the one with the greatest number counts.
    /// - Returns: at most `limit`; none at the end.
    func rationales(
        after rationale: RationaleNumber, upTo last: RationaleNumber, limit: Int
    ) async throws(StoreError) -> [TrainingRationale]

    /// The sentences about an item, in the order of the interactions they were written from, of each review the newest rationale.
    /// - Parameter before: only from interactions before this moment.
    func attributes(ofItem item: ItemNumber, before: Moment?) async throws(StoreError) -> [String]

    /// The same about a user.
    func preferences(ofUser user: UserNumber, before: Moment?) async throws(StoreError) -> [String]
}
