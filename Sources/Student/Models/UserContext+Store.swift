package import Store

extension UserContext {
    /// Sentences that are told of a user, the newest: more than any model reads.
    package static let mostPreferences = 32

    /// What the view's training rationales say of a user: what serving and evaluation tell a model, so that both tell it the same.
    package static func read(_ id: String, _ number: UserNumber, _ view: any TrainingView) async throws(StoreError) -> UserContext {
        UserContext(id: id, preferences: try await view.preferences(ofUser: number, before: nil).suffix(mostPreferences))
    }
}
