package import T5Model

/// What serving and evaluation ask of a model: the best items, after a history. For one thread at a time.
package protocol ItemRanking: AnyObject {
    /// Best first, of each request. Fewer than asked for come only where fewer are allowed. Scores are log-probabilities among the items that the
    /// request allows.
    /// - Throws: what cannot be read, or a model that gives no finite score.
    func best(_ requests: [RankingRequest]) throws -> [[ScoredItem]]
}

package struct RankingRequest: Sendable, Equatable {
    /// Who is known; nil for an anonymous history.
    package var user: UserContext?
    /// Places in the model's catalogue, oldest first.
    package var history: [Int]
    /// To choose from; all where nil.
    package var candidates: [Int]?
    /// Not allowed, candidates or not. At least one item has to be left.
    package var exclusions: [Int]
    /// 1 or more.
    package var count: Int

    package init(user: UserContext? = nil, history: [Int], candidates: [Int]? = nil, exclusions: [Int] = [], count: Int) {
        self.user = user
        self.history = history
        self.candidates = candidates
        self.exclusions = exclusions
        self.count = count
    }
}

/// What is known of a user beside the history.
package struct UserContext: Sendable, Equatable {
    package var id: String
    /// Sentences of the training split's rationales, oldest first.
    package var preferences: [String]

    package init(id: String, preferences: [String] = []) {
        self.id = id
        self.preferences = preferences
    }
}
