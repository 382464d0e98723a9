package import Wire

/// What an import has done.
package struct ImportCounts: Sendable, Hashable {
    /// As the server's summaries say.
    package var reviews: UInt64 = 0
    package var items: UInt64 = 0
    package var interactions: UInt64 = 0
    package var rationales: UInt64 = 0
    package var duplicates: UInt64 = 0
    /// Rejected by the server, or no records at all.
    package var bad = 0
    /// That calls with a summary have sent.
    package var records = 0

    package init() {}

    package mutating func add(_ summary: IngestSummary, sent: Int) {
        reviews += summary.reviews
        items += summary.items
        interactions += summary.interactions
        rationales += summary.rationales
        duplicates += summary.duplicates
        bad += Int(clamping: summary.rejectedCount)
        records += sent
    }

    /// In one line. Reviews to rationales are those that are new.
    package func text(seconds: Double) -> String {
        """
        reviews \(reviews), items \(items), interactions \(interactions), rationales \(rationales), duplicates \(duplicates), \
        bad \(bad), \(rate(seconds)) records/s
        """
    }

    /// As one object.
    package func json(seconds: Double) -> String {
        """
        {"reviews":\(reviews),"items":\(items),"interactions":\(interactions),"rationales":\(rationales),"duplicates":\(duplicates),\
        "bad":\(bad),"records":\(records),"records_per_second":\(rate(seconds))}
        """
    }

    private func rate(_ seconds: Double) -> Int { Int(Double(records) / max(seconds, 1e-3)) }
}
