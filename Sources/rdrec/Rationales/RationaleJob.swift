import RPC
import RationaleStreams
import Transport
import Wire

/// Has the teacher write a rationale for each review of a file, whatever happens to the server and the connection meanwhile.
actor RationaleJob {
    struct Options: Sendable {
        var sampling: Sampling?
        /// Reviews that are out at a time.
        var inFlight: Int
        /// How long to go on without any answer.
        var patience: Duration
    }

    struct Counts: Sendable {
        var written = 0
        var failed = 0
    }

    private let session: Session
    private let options: Options
    private let json: OwnJSON
    private let reviews: ReviewFile
    private let rationales: AppendFile
    private let failuresPath: String
    private var failures: AppendFile?

    private var backlog: Backlog
    private var batch: ArraySlice<Review> = []
    private var isReadToEnd = false
    private var counts = Counts()
    private var progress: Progress
    private var line = ProgressLine()
    private var wake: AsyncStream<Void>.Continuation?
    /// Since when calls have failed without an answer between them.
    private var failingSince: ContinuousClock.Instant?
    private var failedCalls = 0
    private var ticks = 0

    private static let mostAttempts = 6
    private static let tick = Duration.milliseconds(200)
    private static let ticksPerSync = 5

    init(
        _ session: Session, _ options: Options, json: OwnJSON, reviews: ReviewFile, rationales: AppendFile, failuresPath: String
    ) {
        self.session = session
        self.options = options
        self.json = json
        self.reviews = reviews
        self.rationales = rationales
        self.failuresPath = failuresPath
        backlog = Backlog(window: options.inFlight, mostAttempts: Self.mostAttempts)
        progress = Progress(total: reviews.census.toDo, start: .now)
    }

    /// Returns when each review has a rationale or has failed for good, and that is on disk.
    /// - Throws: `RPCError` where the server stays away or refuses the call; `CommandError` for files.
    func run() async throws -> Counts {
        defer { line.clear() }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await self.work()
                return true
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.tick)
                    try await self.ticked()
                }
            }
            defer { group.cancelAll() }
            while let hasEnded = try await group.next(), !hasEnded {}
        }
        try await rationales.sync()
        try await failures?.sync()
        return counts
    }

    /// Shows the progress, brings to disk what was written, and wakes the sender for reviews that are due again.
    private func ticked() async throws {
        let now = ContinuousClock.now
        progress.sample(now)
        line.show(progress, now)
        wake?.yield()
        ticks += 1
        if ticks % Self.ticksPerSync == 0 { try await rationales.sync() }
    }

    // MARK: Calls

    private func work() async throws {
        while !(isReadToEnd && batch.isEmpty && backlog.isEmpty) {
            let answered = progress.count
            do {
                let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
                self.wake = wake
                try await call(wakes)
                // What is still out then was forgotten.
                let error = RPCError(.internal, "the server ended the call without an answer for this review")
                for item in backlog.callEnded(error, counts: true, .now) { try await fail(item) }
            } catch let error as RPCError {
                try await pause(after: error, hasAnswered: progress.count > answered)
            }
        }
    }

    /// - Parameter wakes: Tells the sender to look again for what there is to send.
    private nonisolated func call(_ wakes: AsyncStream<Void>) async throws {
        enum Side { case requests, responses }
        try await TeacherClient(session.client).streamRationales(options: session.callOptions(isEndless: true)) { writer, responses in
            try await withThrowingTaskGroup(of: Side.self) { group in
                group.addTask {
                    // How the call ended the responses tell, also where that is why a write failed.
                    do { try await self.send(writer, wakes) } catch is RPCError {}
                    return .requests
                }
                group.addTask {
                    for try await response in responses { try await self.settle(response) }
                    return .responses
                }
                defer { group.cancelAll() }
                while let side = try await group.next(), side != .responses {}
            }
        }
    }

    /// Waits before the next call, or gives up.
    private func pause(after error: RPCError, hasAnswered: Bool) async throws {
        try Task.checkCancellation()
        // A server that has never been there is not coming back.
        guard error.code.isPassing, progress.count > 0 || session.waits else { throw error }
        for item in backlog.callEnded(error, counts: hasAnswered, .now) { try await fail(item) }
        let since = failingSince ?? .now
        if failingSince == nil { line.note("note: \(printable("\(error)")): trying again for \(options.patience)") }
        failingSince = since
        guard .now - since < options.patience else { throw error }
        var backoff = Backoff()
        backoff.maximum = .seconds(5)
        let wait = backoff.wait(attempt: failedCalls, random: .random(in: 0..<1)).duration
        failedCalls += 1
        try await Task.sleep(for: max(wait, min(error.retryAfter ?? .zero, options.patience)))
    }

    // MARK: Reviews out

    private enum Next { case review(Review), later, none }

    private func send(_ writer: MessageWriter<GenerateRationaleRequest>, _ wakes: AsyncStream<Void>) async throws {
        var wakes = wakes.makeAsyncIterator()
        while !Task.isCancelled {
            switch try await next() {
            case .review(let review):
                try await writer.write(GenerateRationaleRequest(review: review, sampling: options.sampling, priority: .bulk))
            case .later: _ = await wakes.next()
            case .none: return writer.finish()
            }
        }
    }

    private func next() async throws -> Next {
        if let review = backlog.resend(.now) { return .review(review) }
        guard backlog.hasRoom else { return .later }
        if batch.isEmpty, !isReadToEnd {
            // A task of its own: a call that ends meanwhile must not take what was read along.
            let reviews = reviews
            batch = try await Task { try await reviews.batch() }.value[...]
            isReadToEnd = batch.isEmpty
        }
        guard let review = batch.popFirst() else { return backlog.hasWaiting ? .later : .none }
        backlog.send(review)
        return .review(review)
    }

    // MARK: Outcomes in

    private func settle(_ response: GenerateRationaleResponse) async throws {
        switch backlog.settle(response, .now, random: .random(in: 0..<1)) {
        case .written(let rationale):
            try await rationales.append(json.text(of: rationale))
            counts.written += 1
            progress.advance()
        case .failed(let error): try await fail(error)
        case .again: break
        case .unasked: line.note("note: the server answered for a review that it was not asked about, or twice")
        }
        failingSince = nil
        failedCalls = 0
        wake?.yield()
    }

    private func fail(_ error: ItemError) async throws {
        let file = try failures ?? AppendFile(failuresPath)
        failures = file
        try await file.append(json.text(of: error))
        counts.failed += 1
        progress.advance()
    }
}
