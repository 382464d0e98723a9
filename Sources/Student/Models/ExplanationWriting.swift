/// A model's own words. For one thread at a time.
package protocol ExplanationWriting: AnyObject {
    /// The texts of each request.
    /// - Parameter shouldStop: asked between two decoding steps; once it says so nothing more is computed.
    /// - Returns: nil where it was stopped.
    func write(_ requests: [ExplanationRequest], shouldStop: () -> Bool) throws -> [WrittenExplanation]?
}

package struct ExplanationRequest: Sendable, Equatable {
    package enum Part: String, Sendable, CaseIterable {
        /// Why the user may like the item.
        case explanation
        /// What the user prefers.
        case preference
        /// What the item is like.
        case attributes
    }

    package var user: UserContext?
    /// Places in the model's catalogue, oldest first: what the user had before.
    package var history: [Int]
    /// A place in the model's catalogue.
    package var item: Int
    package var parts: Set<Part>

    package init(user: UserContext? = nil, history: [Int] = [], item: Int, parts: Set<Part> = Set(Part.allCases)) {
        self.user = user
        self.history = history
        self.item = item
        self.parts = parts
    }
}

/// Empty where a part was not asked for.
package struct WrittenExplanation: Sendable, Equatable {
    package var explanation = ""
    package var preference = ""
    package var attributes = ""

    package init(explanation: String = "", preference: String = "", attributes: String = "") {
        self.explanation = explanation
        self.preference = preference
        self.attributes = attributes
    }
}
