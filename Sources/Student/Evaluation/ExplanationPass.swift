internal import Evaluation
internal import Locks
internal import Store
internal import Transport
internal import Wire

/// Has a version explain held-back items to their users, and compares that with what the users wrote of them.
struct ExplanationPass: Sendable {
    let store: any Store
    let split: Split
    let opened: OpenedVersion
    let tested: TestedUsers
    /// At most.
    let userCount: Int

    private static let readAtATime = 256, writtenAtATime = 16
    /// Of each text, from its beginning: POD compares 20 tokens with 20 tokens, and what a model writes is shorter than a review, which BLEU
    /// would take for its fault.
    private static let mostWords = 20

    /// A user's target and what the user wrote of it.
    private struct Held {
        var user: TestedUser
        var item: Int
        var text: String
    }

    /// - Returns: nil where no tested user has written of the target.
    /// - Throws: as `RankingPass`.
    func run(_ advance: RankingPass.Advance) async throws -> TextResult? {
        let held = try await heldBack(), loaded = opened.loaded, view = store.training(split)
        guard !held.isEmpty else { return nil }
        let writer = try await onBlockingThread(named: "rdrec-evaluate") {
            TrainingThread.giveWay()
            return Writer(try loaded.makeWriter())
        }
        var pairs: [TextPair] = []
        for begin in stride(from: 0, to: held.count, by: Self.writtenAtATime) {
            let part = held[begin..<min(begin + Self.writtenAtATime, held.count)]
            var requests: [ExplanationRequest] = []
            for one in part {
                requests.append(
                    ExplanationRequest(
                        user: try await loaded.context(of: one.user, view), history: one.user.history.suffix(loaded.mostHistory),
                        item: one.item, parts: [.explanation]))
            }
            for (one, text) in zip(part, try await writer.write(requests)) {
                pairs.append(TextPair(hypothesis: Self.beginning(text.explanation), reference: Self.beginning(one.text)))
            }
            try await advance(part.count)
        }
        return TextResult(
            pairs, hypotheses: "explanations (first \(Self.mostWords) words)",
            references: "the reviews that were held back (summary and text, first \(Self.mostWords) words)")
    }

    /// The first users, in the order of their ids' digest, who have written of their targets.
    private func heldBack() async throws -> [Held] {
        let users = tested.users.filter { $0.target != nil }
        var held: [Held] = []
        for begin in stride(from: 0, to: users.count, by: Self.readAtATime) where held.count < userCount {
            let page = users[begin..<min(begin + Self.readAtATime, users.count)]
            let reviews = try await store.heldBackReviewsForEvaluation(of: page.map(\.interaction), in: split)
            for user in page where held.count < userCount {
                guard let review = reviews[user.interaction], let item = user.target else { continue }
                let text = review.summary.isEmpty ? review.text : "\(review.summary). \(review.text)"
                held.append(Held(user: user, item: item, text: text))
            }
            try Task.checkCancellation()
        }
        return held
    }

    private static func beginning(_ text: String) -> String {
        text.split { $0.isWhitespace }.prefix(mostWords).joined(separator: " ")
    }
}

/// A version's writer, on threads that may block. One request at a time.
private final class Writer: @unchecked Sendable {
    private let writing: any ExplanationWriting

    init(_ writing: any ExplanationWriting) { self.writing = writing }

    /// - Throws: `CancellationError` where the task is cancelled, between two decoding steps.
    func write(_ requests: [ExplanationRequest]) async throws -> [WrittenExplanation] {
        let stop = Locked(false)
        return try await withTaskCancellationHandler {
            let texts = try await onBlockingThread(named: "rdrec-evaluate") { [self] in
                try writing.write(requests) { stop.withLock { $0 } }
            }
            guard let texts else { throw CancellationError() }
            return texts
        } onCancel: {
            stop.withLock { $0 = true }
        }
    }
}
