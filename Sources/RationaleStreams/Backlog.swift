package import RPC
internal import Transport
package import Wire

/// The reviews that a job has sent and that have no outcome yet. Pure: time is an argument.
///
/// When a call is lost, one of the reviews that were out may have brought the server down, and the others have done nothing. So one that was
/// out in `suspectLosses` such calls is sent again only when nothing else is out on its stream, and nothing else is sent until it has its
/// outcome: what then happens to the call is its own doing.
package struct Backlog: Sendable {
    package struct Item: Sendable, Hashable {
        package let review: Review
        /// Attempts that were answered with a failure, or ended a call in which it was alone.
        var attempts = 0
        /// Calls that ended while it was out among others.
        var losses = 0

        var isSuspect: Bool { losses >= Backlog.suspectLosses }
    }

    private static let suspectLosses = 2

    /// What an outcome means for the job.
    package enum Verdict: Sendable, Hashable {
        case written(Rationale)
        /// The review is to be sent again.
        case again
        case failed(ItemError)
        /// Of no review that is out on the stream: a server's fault, or its second answer.
        case unasked
    }

    private let window: Int
    private let mostAttempts: Int
    private var backoff: Backoff
    private var out: [String: (item: Item, stream: Int)] = [:]
    /// How many are out on each stream.
    private var counts: [Int: Int] = [:]
    /// Streams on which a suspect is out.
    private var isolated: Set<Int> = []
    private var waiting: [(item: Item, due: ContinuousClock.Instant)] = []

    /// - Parameters:
    ///   - window: Reviews that may be out on a stream at a time.
    ///   - mostAttempts: That a review gets.
    package init(window: Int, mostAttempts: Int) {
        self.window = window
        self.mostAttempts = mostAttempts
        backoff = Backoff()
        backoff.initial = .milliseconds(200)
        backoff.maximum = .seconds(10)
    }

    package var hasRoom: Bool { hasRoom(on: 0) }
    package func hasRoom(on stream: Int) -> Bool { counts[stream, default: 0] < window && !isolated.contains(stream) }
    package func outCount(on stream: Int) -> Int { counts[stream, default: 0] }
    /// Whether a stream's server has been asked for it, and not answered.
    package func isOut(_ reviewID: String, on stream: Int) -> Bool { out[reviewID]?.stream == stream }
    /// On all streams.
    package var outCount: Int { out.count }
    /// Whether reviews wait to be sent again.
    package var hasWaiting: Bool { !waiting.isEmpty }
    package var isEmpty: Bool { out.isEmpty && waiting.isEmpty }

    /// Notes that a review is sent for the first time.
    package mutating func send(_ review: Review, on stream: Int = 0) { send(Item(review: review), on: stream) }

    private mutating func send(_ item: Item, on stream: Int) {
        out[item.review.reviewID] = (item, stream)
        counts[stream, default: 0] += 1
        if item.isSuspect { isolated.insert(stream) }
    }

    private mutating func take(_ reviewID: String, on stream: Int) -> Item? {
        guard isOut(reviewID, on: stream), let item = out.removeValue(forKey: reviewID)?.item else { return nil }
        counts[stream, default: 0] -= 1
        isolated.remove(stream)
        return item
    }

    /// A review that is to be sent again now, if there is room; it counts as sent.
    package mutating func resend(_ now: ContinuousClock.Instant, on stream: Int = 0) -> Review? {
        guard hasRoom(on: stream) else { return nil }
        let isAlone = counts[stream, default: 0] == 0
        guard let index = waiting.firstIndex(where: { $0.due <= now && (isAlone || !$0.item.isSuspect) }) else { return nil }
        let item = waiting.remove(at: index).item
        send(item, on: stream)
        return item.review
    }

    /// - Parameters:
    ///   - stream: On which it came: no server answers for what is at another.
    ///   - random: Uniform in [0, 1).
    package mutating func settle(
        _ response: GenerateRationaleResponse, on stream: Int = 0, _ now: ContinuousClock.Instant, random: Double
    ) -> Verdict {
        switch response.outcome {
        case .rationale(let rationale): return take(rationale.reviewID, on: stream) == nil ? .unasked : .written(rationale)
        case .error(let error):
            guard var item = take(error.reviewID, on: stream) else { return .unasked }
            item.attempts += 1
            guard StatusCode(wireValue: error.status).isPassing, item.attempts < mostAttempts else { return .failed(error) }
            waiting.append((item, now + backoff.wait(attempt: item.attempts - 1, random: random).duration))
            return .again
        case nil: return .unasked
        }
    }

    /// The call of a stream has ended: what is out on it is to be sent again, on any.
    /// - Parameter counts: Whether the server had been at work, and not away: one review that brings a server down must not be sent for ever.
    /// - Returns: Those that have had all their attempts.
    package mutating func callEnded(
        _ error: RPCError, on stream: Int = 0, counts: Bool, _ now: ContinuousClock.Instant
    ) -> [ItemError] {
        var failed: [ItemError] = []
        let ids = out.filter { $0.value.stream == stream }.keys.sorted()
        for id in ids {
            guard var item = take(id, on: stream) else { continue }
            if counts, ids.count == 1 { item.attempts += 1 } else if counts { item.losses += 1 }
            if item.attempts < mostAttempts {
                waiting.append((item, now))
            } else {
                failed.append(ItemError(reviewID: item.review.reviewID, status: error.code.rawValue, message: error.message))
            }
        }
        return failed
    }
}
