/// What an encoder reads, before it is tokens: words and identifiers.
package struct TaskPrompt: Sendable, Equatable {
    package enum Part: Sendable, Equatable {
        case text(String)
        /// By the user's number, which says nothing about what the user did: see ``ItemIndexKind/digitsInOrder`` for what happens otherwise.
        case user(Int)
        /// By its place in the catalogue.
        case item(Int)
    }

    package let task: RecommendationTask
    package var parts: [Part]

    package init(_ task: RecommendationTask, _ parts: [Part]) {
        self.task = task
        self.parts = parts
    }
}
