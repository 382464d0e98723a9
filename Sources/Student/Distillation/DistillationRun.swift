internal import RPC
internal import RationaleStreams
internal import Store
internal import Transport
internal import Wire

/// What all teachers of a distillation job share: the reviews still to be sent, those that are out, and the outcomes on their way to disk.
actor DistillationRun {
    struct Assignment: Sendable {
        var teacher: TeacherNumber
        /// Whose number that is.
        var identity: TeacherIdentity
        var job: JobNumber
        /// Of the failures to try again, those before this moment; see `TrainingView.reviewsToDistil`.
        var failedBefore: Int64
        /// Reviews to take at most.
        var limit: Int
    }

    enum Next: Sendable {
        case review(Review)
        /// Wait to be woken.
        case later
        /// All is done.
        case none
    }

    private let store: any Store
    private let view: any TrainingView
    private let assignment: Assignment
    private let report: JobReport
    private let metrics: StudentMetrics

    private var backlog: Backlog
    private var batch: ArraySlice<PendingReview> = []
    private var cursor = ReviewNumber.none
    private var taken = 0
    private var isReading = false
    private var isReadToEnd = false
    private var outcomes: [DistillationOutcome] = []
    private var isStoring = false
    private var wakes: [Int: AsyncStream<Void>.Continuation] = [:]
    private var storeWake: AsyncStream<Void>.Continuation?

    /// Attempts that a review gets.
    private static let mostAttempts = 3
    private static let readCount = 256
    /// While so many wait to be stored no more are sent: memory stays bounded when the disk is full.
    private static let mostUnstored = 2_048
    private static let tick = Duration.milliseconds(200)

    init(
        _ store: any Store, _ view: any TrainingView, _ assignment: Assignment, _ report: JobReport, inFlight: Int, metrics: StudentMetrics
    ) {
        self.store = store
        self.view = view
        self.assignment = assignment
        self.report = report
        self.metrics = metrics
        backlog = Backlog(window: inFlight, mostAttempts: Self.mostAttempts)
    }

    /// Whether each review has its outcome, on disk.
    var isFinished: Bool { isAnswered && outcomes.isEmpty && !isStoring }

    /// Whether each review has its outcome.
    var isAnswered: Bool { isReadToEnd && batch.isEmpty && backlog.isEmpty }

    // MARK: Reviews out

    /// Has `wake` told whenever the stream should ask again.
    func attach(_ stream: Int, _ wake: AsyncStream<Void>.Continuation) { wakes[stream] = wake }

    func next(_ stream: Int) async throws -> Next {
        if isAnswered { return .none }
        guard outcomes.count < Self.mostUnstored, backlog.hasRoom(on: stream) else { return .later }
        if let review = backlog.resend(.now, on: stream) { return .review(review) }
        if batch.isEmpty, !isReadToEnd {
            // The other streams' senders come here too meanwhile.
            guard !isReading else { return .later }
            isReading = true
            defer {
                isReading = false
                wakeStreams()
            }
            try await read()
        }
        guard let pending = batch.popFirst() else { return isAnswered ? .none : .later }
        // Its number in the store says for certain which it is; ids of shops are compared as people read them.
        var review = pending.review
        review.reviewID = String(pending.number.rawValue)
        backlog.send(review, on: stream)
        return .review(review)
    }

    private func read() async throws {
        let count = min(Self.readCount, assignment.limit - taken)
        if count > 0 {
            batch = try await view.reviewsToDistil(
                teacher: assignment.teacher, failedBefore: assignment.failedBefore, after: cursor, limit: count)[...]
        }
        taken += batch.count
        cursor = batch.last?.number ?? cursor
        isReadToEnd = batch.count < count || taken == assignment.limit
        storeWake?.yield()
    }

    // MARK: Outcomes in

    /// Whether an answer of the stream's teacher is waited for.
    func isWaiting(for stream: Int) -> Bool { backlog.outCount(on: stream) > 0 }

    /// What a teacher sends is checked as what a client sends: a rationale that cannot be stored is a failure of its review.
    /// - Returns: whether it was one that this stream was asked for.
    /// - Throws: `RPCError` for a rationale of another teacher than the job's.
    func settle(_ response: GenerateRationaleResponse, on stream: Int) throws -> Bool {
        switch backlog.settle(try checked(response, on: stream), on: stream, .now, random: .random(in: 0..<1)) {
        case .written(let rationale): add(rationale.reviewID, .rationale(rationale))
        case .failed(let error): fail(error)
        case .again: break
        case .unasked: return false
        }
        wakeStreams()
        return true
    }

    private func checked(_ response: GenerateRationaleResponse, on stream: Int) throws -> GenerateRationaleResponse {
        guard case .rationale(let rationale) = response.outcome, backlog.isOut(rationale.reviewID, on: stream) else { return response }
        switch RecordCheck.check(IngestRecord(record: .rationale(rationale))) {
        case .taken(let record):
            guard case .rationale(let taken) = record, assignment.identity.wrote(taken) else {
                throw RPCError(.failedPrecondition, "it sent a rationale of another model or prompt than the job began with")
            }
            return GenerateRationaleResponse(outcome: .rationale(taken))
        case .refused(let reason):
            return GenerateRationaleResponse(
                outcome: .error(
                    ItemError(
                        reviewID: rationale.reviewID, status: StatusCode.invalidArgument.rawValue,
                        message: "the rationale cannot be stored: \(reason)")))
        }
    }

    /// The call of a stream has ended.
    /// - Parameter counts: whether that was an attempt of each that was out.
    func callEnded(_ stream: Int, _ error: RPCError, counts: Bool) {
        for failure in backlog.callEnded(error, on: stream, counts: counts, .now) { fail(failure) }
        wakeStreams()
    }

    private func fail(_ error: ItemError) { add(error.reviewID, .failure(status: error.status, message: error.message.asJobMessage)) }

    private func add(_ reviewID: String, _ result: DistillationOutcome.Result) {
        guard let number = Int64(reviewID) else { preconditionFailure("only numbers are sent as ids") }
        outcomes.append(DistillationOutcome(review: ReviewNumber(rawValue: number), result: result))
        storeWake?.yield()
    }

    /// Brings outcomes to disk, all there are at a time, until the last is.
    func storeOutcomes() async throws {
        let (stream, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        storeWake = wake
        var wakes = stream.makeAsyncIterator(), stoodStill = false
        while !isFinished {
            if outcomes.isEmpty {
                guard await wakes.next() != nil else { throw CancellationError() }
                try Task.checkCancellation()
                continue
            }
            let storing = outcomes
            outcomes = []
            isStoring = true
            do {
                let job = try await store.settle(storing, teacher: assignment.teacher, job: assignment.job)
                isStoring = false
                if stoodStill { await report.note("") }
                stoodStill = false
                metrics.distilled(storing)
                await report.changed(job)
            } catch {
                isStoring = false
                outcomes = storing + outcomes
                guard error.code == .full else { throw error }
                // Goes on once there is room; what was written is kept meanwhile.
                stoodStill = true
                await report.note(error.message)
                try await Task.sleep(for: .seconds(1))
            }
            wakeStreams()
        }
        wakeStreams()
    }

    /// Reviews that wait for another attempt are due some time.
    func wakeNowAndThen() async throws {
        while !isFinished {
            try await Task.sleep(for: Self.tick)
            wakeStreams()
            storeWake?.yield()
        }
    }

    private func wakeStreams() { for wake in wakes.values { wake.yield() } }
}

extension TeacherIdentity {
    fileprivate func wrote(_ rationale: Rationale) -> Bool {
        rationale.provenance?.modelDigest == modelDigest && rationale.provenance?.promptVersion == promptVersion
    }
}
