package import Store

extension UserContext {
    /// Sentences that are told of a user.
    package static let mostPreferences = 32

    /// What the view's training rationales say of a user: what serving and evaluation tell a model, so that both tell it the same.
    package static func read(_ id: String, _ number: UserNumber, _ view: any TrainingView) async throws(StoreError) -> UserContext {
        let sentences = try await view.preferences(ofUser: number, before: nil)
        return UserContext(id: id, preferences: Profile(sentences, budget: mostPreferences) { _ in 1 }.sentences)
    }
}
