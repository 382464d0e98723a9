internal import Baselines
internal import Evaluation
internal import T5Model

/// Where a user's target stands in one recommender's ranking, and what is before it.
struct RankedUser: Sendable {
    /// Nil where it is not ranked.
    var rank: Int?
    /// Best first, as many as the last cutoff at most.
    var top: [Int]
}

/// What a recommender is asked to order for a user.
struct UserChoice: Sendable {
    var user: TestedUser
    /// What the model is told beside the history.
    var context: UserContext
    /// To choose from; nil for all but the hidden ones.
    var candidates: [Int]?

    /// Whether there is anything to order.
    func isOpen(_ catalogueCount: Int) -> Bool { candidates.map { !$0.isEmpty } ?? (user.hidden.count < catalogueCount) }

    /// Of each item, whether it takes part.
    func allowed(_ catalogueCount: Int) -> [Bool] {
        var allowed = [Bool](repeating: candidates == nil, count: catalogueCount)
        if let candidates {
            for item in candidates { allowed[item] = true }
        } else {
            for item in user.hidden { allowed[item] = false }
        }
        return allowed
    }
}

/// A model's rankings of users. For one thread at a time: who asks waits for an answer before asking again, from whatever thread.
final class ModelRankings: @unchecked Sendable {
    private let ranker: any ItemRanking
    private let catalogueCount: Int
    private let mostHistory: Int
    private let lastCutoff: Int
    private let isFull: Bool

    /// Blocks.
    init(_ version: any LoadedVersion, lastCutoff: Int, isFull: Bool) throws {
        ranker = try version.makeRanker()
        catalogueCount = version.catalogue.count
        mostHistory = version.mostHistory
        self.lastCutoff = lastCutoff
        self.isFull = isFull
    }

    /// Blocks.
    func rank(_ choices: [UserChoice]) throws -> [RankedUser] {
        var ranked = [RankedUser](repeating: RankedUser(rank: nil, top: []), count: choices.count)
        let open = choices.indices.filter { choices[$0].isOpen(catalogueCount) }
        let requests = open.map { index in
            let choice = choices[index]
            return RankingRequest(
                user: choice.context, history: choice.user.history.suffix(mostHistory), candidates: choice.candidates,
                exclusions: choice.candidates == nil ? choice.user.hidden : [], count: isFull ? .max : lastCutoff)
        }
        guard !requests.isEmpty else { return ranked }
        for (index, items) in zip(open, try ranker.best(requests)) {
            let list = items.map { (item: $0.item, score: $0.score) }
            ranked[index] = RankedUser(
                rank: choices[index].user.target.flatMap { ExpectedRank.of($0, in: list) }, top: list.prefix(lastCutoff).map(\.item))
        }
        return ranked
    }
}

/// A baseline's rankings of users, always to their end.
struct BaselineRankings: Sendable {
    let scoring: any ItemScoring
    let lastCutoff: Int
    /// As the model's: a place behind the last cutoff is none where the model's would be none.
    let isFull: Bool

    /// Computes; for threads that may.
    func rank(_ choice: UserChoice) -> RankedUser {
        let scores = scoring.scores(after: choice.user.history), allowed = choice.allowed(scoring.itemCount)
        let rank = choice.user.target.map { ExpectedRank.of($0, in: scores) { allowed[$0] } }
        return RankedUser(
            rank: isFull ? rank : rank.flatMap { $0 <= lastCutoff ? $0 : nil },
            top: BestItems.of(scores, count: lastCutoff) { allowed[$0] }.map(\.item))
    }
}
