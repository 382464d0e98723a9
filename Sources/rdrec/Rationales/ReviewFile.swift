import Synchronization
import Wire

/// The reviews of a file, a JSON object a line, without those that have a rationale already. For one task.
final class ReviewFile: Sendable {
    /// What a look through the whole file has told.
    struct Census: Sendable {
        var toDo = 0
        /// Have a rationale.
        var done = 0
        /// Have the id of a review before them.
        var repeated = 0
    }

    let census: Census
    private let json: OwnJSON
    private let done: Set<String>
    private let reader: Mutex<LineReader>
    private let queue = BlockingQueue("reviews")
    private let seen = Mutex<Set<String>>([])

    private static let batchCount = 64

    /// Reads the file once from end to end: what is wrong with it shows before work begins, and its length makes the progress.
    /// - Parameter done: ids of reviews to leave out.
    /// - Throws: `CommandError`, `usage` for a line that is no review.
    static func open(_ path: String, done: Set<String>, json: OwnJSON) async throws -> ReviewFile {
        try await BlockingQueue("reviews").run { try ReviewFile(path, done: done, json: json) }
    }

    private init(_ path: String, done: Set<String>, json: OwnJSON) throws {
        var census = Census(), ids: Set<String> = []
        var first = try LineReader(path: path)
        while let review = try Self.next(&first, json) {
            if !ids.insert(review.reviewID).inserted {
                census.repeated += 1
            } else if done.contains(review.reviewID) {
                census.done += 1
            } else {
                census.toDo += 1
            }
        }
        self.census = census
        self.json = json
        self.done = done
        reader = Mutex(try LineReader(path: path))
    }

    private static func next(_ reader: inout LineReader, _ json: OwnJSON) throws(CommandError) -> Review? {
        guard let line = try reader.next() else { return nil }
        var review = try json.message(Review.self, from: line, place: reader.place)
        guard review.nameItself() else {
            throw CommandError(
                .usage, "\(reader.place) has neither reviewId nor userId and itemId: its rationale could not be told from others")
        }
        return review
    }

    /// The next reviews to do; none at the end.
    func batch() async throws -> [Review] {
        try await queue.run {
            try self.reader.withLock { reader in
                var batch: [Review] = []
                while batch.count < Self.batchCount, let review = try Self.next(&reader, self.json) {
                    let isNew = self.seen.withLock { $0.insert(review.reviewID).inserted }
                    if isNew, !self.done.contains(review.reviewID) { batch.append(review) }
                }
                return batch
            }
        }
    }
}

extension Review {
    /// Gives a review without an id one of its user, item and time, which is the same each time.
    /// - Returns: Whether it has an id now.
    package mutating func nameItself() -> Bool {
        guard reviewID.isEmpty else { return true }
        guard !userID.isEmpty, !itemID.isEmpty else { return false }
        reviewID = effectiveID
        return true
    }
}
