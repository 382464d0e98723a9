internal import RPC
internal import Transport
internal import Wire

/// What a request may ask for. What is above is INVALID_ARGUMENT, with words that name the field.
package enum RecommenderLimits {
    /// Ids of a history, of candidates, of exclusions.
    package static let mostIDs = 20_000
    package static let mostCategories = 1_000
    /// Items told where the request says nothing.
    package static let usualCount = 10
    /// Items told, whatever is asked for.
    package static let mostCount = 100_000
    /// Of ids and titles in a reply: the list ends before it would have more, so that the reply fits into a frame of 4 MiB.
    package static let mostReplyBytes = 3 << 20
    /// Of a user's interactions, the newest: what is read of a history, and left out as seen.
    package static let mostHistory = 10_000
    /// Items of a Recommend or Rank that get an explanation; the others behind them have none.
    package static let mostExplained = 5
    /// Rationales that speak for an Explain: of the user, and of the item.
    package static let mostEvidence = 5

    static func check(_ ids: [String], _ name: String) throws(RPCError) {
        guard ids.count <= mostIDs else { throw tooMany(name, ids.count, mostIDs) }
    }

    static func check(categories: [String]) throws(RPCError) {
        guard categories.count <= mostCategories else { throw tooMany("categories", categories.count, mostCategories) }
    }

    private static func tooMany(_ name: String, _ count: Int, _ most: Int) -> RPCError {
        RPCError(.invalidArgument, "\(name) has \(count) entries: at most \(most) are taken")
    }
}
