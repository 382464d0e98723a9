package import Store

/// What stored rationales say of an item or a user, cut to a budget: what training reads, and what explanations have for evidence.
///
/// From training reviews alone, in time order. Where not all fit, the newest stay: tastes change, and so do goods. A sentence that was said
/// before is said once, where it was said last.
package struct Profile: Sendable, Hashable {
    /// Oldest first.
    package let sentences: [String]

    /// Of what is said of an item.
    /// - Parameters:
    ///   - before: only from interactions before this moment: what a model is to predict must not tell itself.
    ///   - budget: that all sentences together may cost.
    ///   - cost: of one, as its tokens; not negative.
    package static func ofItem(
        _ item: ItemNumber, _ view: any TrainingView, before: Moment? = nil, budget: Int, cost: (String) -> Int
    ) async throws(StoreError) -> Profile {
        Profile(try await view.attributes(ofItem: item, before: before), budget: budget, cost: cost)
    }

    /// Of what is said of a user.
    package static func ofUser(
        _ user: UserNumber, _ view: any TrainingView, before: Moment? = nil, budget: Int, cost: (String) -> Int
    ) async throws(StoreError) -> Profile {
        Profile(try await view.preferences(ofUser: user, before: before), budget: budget, cost: cost)
    }

    /// - Parameter all: oldest first.
    package init(_ all: [String], budget: Int, cost: (String) -> Int) {
        var seen: Set<String> = [], kept: [String] = [], left = budget
        for sentence in all.reversed() where seen.insert(sentence).inserted {
            let price = cost(sentence)
            // The next older one may be shorter, but then the profile would have a hole where its newest part ends.
            guard price <= left else { break }
            left -= price
            kept.append(sentence)
        }
        sentences = kept.reversed()
    }
}
