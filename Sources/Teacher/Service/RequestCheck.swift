internal import RPC
internal import Transport
internal import Wire

/// What a request must be before it is queued. The errors name the field, as it is called in teacher.proto.
enum RequestCheck {
    static let maxStopCount = 16
    static let maxStopBytes = 256
    /// Of an id, and of a review's text or summary, in bytes: the greatest request that a budget of bytes has to have room for.
    static let maxIDBytes = 1_024
    static let maxTextBytes = 262_144

    /// - Returns: the review, its `review_id` filled in.
    static func review(of request: GenerateRationaleRequest) throws(RPCError) -> Review {
        guard var review = request.review else { throw invalid("review is missing") }
        guard review.text.contains(where: { !$0.isWhitespace }) || review.summary.contains(where: { !$0.isWhitespace }) else {
            throw invalid("review.text is empty")
        }
        for (name, id) in [("review_id", review.reviewID), ("user_id", review.userID), ("item_id", review.itemID)] {
            guard id.utf8.count <= maxIDBytes else {
                throw invalid("review.\(name) has \(id.utf8.count) bytes; at most \(maxIDBytes) are taken")
            }
        }
        for (name, text) in [("text", review.text), ("summary", review.summary)] {
            guard text.utf8.count <= maxTextBytes else {
                throw invalid("review.\(name) has \(text.utf8.count) bytes; at most \(maxTextBytes) are taken")
            }
        }
        guard review.rating.isFinite else { throw invalid("review.rating is no number") }
        try sampling(request.sampling)
        guard Priority.known.contains(request.priority) else { throw invalid("priority is \(request.priority.rawValue), which is none") }
        review.reviewID = review.effectiveID
        return review
    }

    static func sampling(_ sampling: Wire.Sampling?) throws(RPCError) {
        guard let sampling else { return }
        guard (0...100).contains(sampling.temperature) else {
            throw invalid("sampling.temperature is \(sampling.temperature); it must be from 0 to 100")
        }
        guard (0...1).contains(sampling.topP) else { throw invalid("sampling.top_p is \(sampling.topP); it must be from 0 to 1") }
        guard sampling.topK <= Int32.max else { throw invalid("sampling.top_k is \(sampling.topK); it must be at most \(Int32.max)") }
        guard sampling.maxTokens <= Int32.max else {
            throw invalid("sampling.max_tokens is \(sampling.maxTokens); it must be at most \(Int32.max)")
        }
    }

    static func completion(_ request: CompleteRequest) throws(RPCError) {
        try sampling(request.sampling)
        guard request.stop.count <= maxStopCount else {
            throw invalid("stop has \(request.stop.count) texts; at most \(maxStopCount) are taken")
        }
        for stop in request.stop where !(1...maxStopBytes).contains(stop.utf8.count) {
            throw invalid("stop has a text of \(stop.utf8.count) bytes; each must have 1 to \(maxStopBytes)")
        }
        switch request.input {
        case .prompt(let prompt): if prompt.isEmpty { throw invalid("prompt is empty") }
        case .chat(let chat): try messages(chat.messages)
        case nil: throw invalid("prompt or chat is needed")
        }
    }

    private static func messages(_ messages: [Wire.ChatMessage]) throws(RPCError) {
        for (number, message) in messages.enumerated() {
            switch message.role {
            case "user", "assistant": break
            case "system": if number > 0 { throw invalid("chat.messages[\(number)].role is system, which only the first may be") }
            default: throw invalid("chat.messages[\(number)].role must be system, user or assistant")
            }
        }
        guard messages.last?.role == "user" else { throw invalid("chat.messages must end with one of the user, which is answered") }
    }

    private static func invalid(_ message: String) -> RPCError { RPCError(.invalidArgument, message) }
}
