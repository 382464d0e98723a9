/// RDRec's tasks (Wang et al., ACL 2024); raw values are the places of their soft prompts.
package enum RecommendationTask: Int, Sendable, Codable, CaseIterable {
    /// Why a user may like an item, in words.
    case explanation = 0
    /// The next item of a history.
    case sequential = 1
    /// The one of some candidates that a user may like.
    case topN = 2
    /// What a user prefers, in words: half of a rationale.
    case preference = 3
    /// What an item is like, in words: the other half.
    case attributes = 4
}
