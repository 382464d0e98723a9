internal import Locks
internal import Logging
internal import RPC
internal import Store
internal import Transport
internal import Wire

/// Keeps a stream of reviews going to one teacher, whatever happens to it and the connection meanwhile, until the job is done.
struct TeacherStream: Sendable {
    let connection: TeacherConnection
    /// That the teacher must have: a job is of one.
    let identity: TeacherIdentity
    let shared: DistillationRun
    /// Its number in the job.
    let stream: Int
    /// See `DistillationWork.Options`.
    let silence: Duration
    let report: JobReport
    let logger: Logger
    /// Told when a call begins and ends.
    let connected: @Sendable (Bool) -> Void

    private static let restWithOtherModel = Duration.seconds(5)

    func run() async throws {
        var backoff = Backoff(), failures = 0
        backoff.maximum = .seconds(5)
        // One that hangs tells who it is as well as ever: what is said of it stays until it answers.
        var wasSilent = false
        while await !shared.isAnswered {
            let hasAnswered = Locked(false)
            do {
                let now = try await connection.identity()
                guard now.modelDigest == identity.modelDigest, now.promptVersion == identity.promptVersion else {
                    await tell(
                        "the teacher at \(connection.name) has another model or prompt than the job began with", isFirst: failures == 0)
                    failures += 1
                    try await Task.sleep(for: Self.restWithOtherModel)
                    continue
                }
                if !wasSilent { await note("") }
                try await call(hasAnswered)
                (failures, wasSilent) = (0, false)
            } catch let error as RPCError {
                try Task.checkCancellation()
                wasSilent = error == silent
                // One that answers for another teacher would be asked again and again without a rest.
                if hasAnswered.withLock({ $0 }), error.code != .failedPrecondition { failures = 0 }
                await tell("the teacher at \(connection.name): \(error)", isFirst: failures == 0)
                let wait = backoff.wait(attempt: failures, random: .random(in: 0..<1)).duration
                failures += 1
                try await Task.sleep(for: max(wait, error.retryAfter ?? .zero))
            }
        }
    }

    private func tell(_ reason: String, isFirst: Bool) async {
        if isFirst { logger.warning("\(reason)") }
        await note(reason)
    }

    /// Each teacher has its own, beside that of the job itself.
    private func note(_ text: String) async { await report.note(text, of: 1 + stream) }

    private var silent: RPCError { RPCError(.deadlineExceeded, "it has not answered for \(silence), with reviews that it was sent") }

    private func call(_ hasAnswered: Locked<Bool>) async throws {
        connected(true)
        defer { connected(false) }
        do {
            try await stream(hasAnswered)
            // What is still out was forgotten.
            await shared.callEnded(
                stream, RPCError(.internal, "the teacher ended the call without an answer for this review"), counts: true)
        } catch let error as RPCError {
            // It was there a moment ago. One that has no room for the call has read none of its reviews.
            await shared.callEnded(stream, error, counts: error.code != .resourceExhausted)
            throw error
        }
    }

    private func stream(_ hasAnswered: Locked<Bool>) async throws {
        enum Side { case requests, responses }
        // Since when the teacher owes an answer, as far as that has been seen.
        let quietSince = Locked<ContinuousClock.Instant?>(nil)
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await shared.attach(stream, wake)
        try await connection.teacher.streamRationales { writer, responses in
            try await withThrowingTaskGroup(of: Side.self) { group in
                group.addTask {
                    // How the call ended the responses tell, also where that is why a write failed.
                    do { try await send(writer, wakes) } catch is RPCError {}
                    return .requests
                }
                group.addTask {
                    for try await response in responses {
                        let isFirst = hasAnswered.withLock { hasAnswered in
                            defer { hasAnswered = true }
                            return !hasAnswered
                        }
                        if isFirst { await note("") }
                        quietSince.withLock { $0 = nil }
                        if try await !shared.settle(response, on: stream) {
                            logger.warning("the teacher at \(connection.name) answered for a review that it was not asked about, or twice")
                        }
                    }
                    return .responses
                }
                group.addTask { try await endWhenSilent(quietSince) }
                defer { group.cancelAll() }
                while let side = try await group.next(), side != .responses {}
            }
        }
    }

    private func endWhenSilent(_ quietSince: Locked<ContinuousClock.Instant?>) async throws -> Never {
        while true {
            try await Task.sleep(for: min(silence / 4, .seconds(1)))
            let isWaiting = await shared.isWaiting(for: stream)
            let isOver = quietSince.withLock { since in
                since = isWaiting ? since ?? .now : nil
                return since.map { .now - $0 >= silence } ?? false
            }
            if isOver { throw silent }
        }
    }

    private func send(_ writer: MessageWriter<GenerateRationaleRequest>, _ wakes: AsyncStream<Void>) async throws {
        var wakes = wakes.makeAsyncIterator()
        while !Task.isCancelled {
            switch try await shared.next(stream) {
            case .review(let review): try await writer.write(GenerateRationaleRequest(review: review, priority: .bulk))
            case .later: _ = await wakes.next()
            case .none: return writer.finish()
            }
        }
    }
}
