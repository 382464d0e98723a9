internal import Wire

/// Records that are interactions, or reviews without ids of their own, alone: what imports mostly bring. None of them depends on another but by
/// being the same, so that they can be taken in any order that keeps those of a user in theirs.
struct InteractionRun {
    struct Entry {
        var userID: String
        var itemID: String
        var time: Int64
        /// Nil for an interaction.
        var review: Review?
    }

    let entries: [Entry]

    /// Nil for records of other kinds, and for so few that their order makes no difference.
    init?(_ records: [IngestRecord.Record]) {
        guard records.count >= Self.leastCount else { return nil }
        var entries: [Entry] = []
        entries.reserveCapacity(records.count)
        for record in records {
            switch record {
            case .review(let review) where review.reviewID.isEmpty:
                entries.append(Entry(userID: review.userID, itemID: review.itemID, time: review.timestampMs, review: review))
            case .interaction(let interaction):
                entries.append(Entry(userID: interaction.userID, itemID: interaction.itemID, time: interaction.timestampMs))
            default: return nil
            }
        }
        self.entries = entries
    }

    private static let leastCount = 256
}
