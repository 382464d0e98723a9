package import Wire

/// Who wrote a rationale: the weights, and the wording of the prompt.
package struct TeacherIdentity: Sendable, Hashable {
    /// sha256 of the weights' file, in hexadecimal.
    package var modelDigest: String
    package var promptVersion: String
    /// For people; not part of the identity.
    package var modelName: String

    package init(modelDigest: String, promptVersion: String, modelName: String) {
        self.modelDigest = modelDigest
        self.promptVersion = promptVersion
        self.modelName = modelName
    }
}

/// A review that is to get a rationale.
package struct PendingReview: Sendable, Hashable {
    package var number: ReviewNumber
    package var review: Review

    package init(number: ReviewNumber, review: Review) {
        self.number = number
        self.review = review
    }
}

/// What a teacher has made of a review.
package struct DistillationOutcome: Sendable, Hashable {
    package enum Result: Sendable, Hashable {
        case rationale(Rationale)
        /// For good: the status and message of the last attempt.
        case failure(status: UInt32, message: String)
    }

    package var review: ReviewNumber
    package var result: Result

    package init(review: ReviewNumber, result: Result) {
        self.review = review
        self.result = result
    }
}
