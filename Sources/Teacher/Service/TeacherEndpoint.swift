package import RPC
internal import Transport
package import Wire

/// `rdrec.v1.Teacher`: checks what is asked, looks whether it has been written before, and has the broker's workers write it.
package struct TeacherEndpoint: TeacherService {
    private let broker: Broker
    private let cache: RationaleCache
    private let memory: RequestMemory
    private let maxInFlight: Int
    private let metrics: TeacherMetrics

    /// - Parameters:
    ///   - memory: of all requests until they have their answer.
    ///   - maxInFlight: requests that one stream may have at the broker; it is read no further while there are so many.
    package init(_ broker: Broker, cache: RationaleCache, memory: RequestMemory, maxInFlight: Int, metrics: TeacherMetrics) {
        self.broker = broker
        self.cache = cache
        self.memory = memory
        self.maxInFlight = maxInFlight
        self.metrics = metrics
    }

    // MARK: Rationales

    package func generateRationale(_ request: GenerateRationaleRequest, _ call: ServerCall) async throws -> GenerateRationaleResponse {
        _ = try RequestCheck.review(of: request)
        let bytes = Assignment.Work.rationale(request).byteCount
        try memory.reserve(bytes)
        defer { memory.release(bytes) }
        return GenerateRationaleResponse(outcome: .rationale(try await rationale(request, call, waits: false)))
    }

    package func streamRationales(
        _ requests: MessageStream<GenerateRationaleRequest>, _ responses: MessageWriter<GenerateRationaleResponse>, _ call: ServerCall
    ) async throws {
        // What the caller has sent by then is still answered; it asks another teacher for the rest.
        let forget = broker.whenDraining { requests.stop(Broker.shuttingDown) }
        defer { forget() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            var inFlight = 0
            do {
                for try await request in requests {
                    if inFlight == maxInFlight {
                        try await group.next()
                        inFlight -= 1
                    }
                    // What will be refused needs no room, and has none where it is larger than any that is taken.
                    let isTaken = (try? RequestCheck.review(of: request)) != nil
                    let bytes = isTaken ? Assignment.Work.rationale(request).byteCount : 0
                    try await memory.reserveInTurn(bytes)
                    inFlight += 1
                    group.addTask {
                        // Free before the answer has left: who does not read his own holds nobody else up.
                        let response = await Result { () async throws in try await outcome(request, call) }
                        memory.releaseInTurn(bytes)
                        try await responses.write(response.get())
                    }
                }
            } catch let error as RPCError where error == Broker.shuttingDown {
                try await group.waitForAll()
                throw error
            }
            try await group.waitForAll()
        }
    }

    /// What becomes of one request of a stream; its failure is its own.
    private func outcome(_ request: GenerateRationaleRequest, _ call: ServerCall) async throws -> GenerateRationaleResponse {
        do {
            return GenerateRationaleResponse(outcome: .rationale(try await rationale(request, call, waits: true)))
        } catch {
            // The call itself has ended, and there is nobody to tell.
            try Task.checkCancellation()
            let error = RPCError(from: error)
            return GenerateRationaleResponse(
                outcome: .error(
                    ItemError(reviewID: request.review?.effectiveID ?? "", status: error.code.rawValue, message: error.message)))
        }
    }

    /// - Parameter waits: whether a full queue, the broker's or an engine's, is waited for, where a caller could only send the same again.
    private func rationale(_ request: GenerateRationaleRequest, _ call: ServerCall, waits: Bool) async throws -> Rationale {
        let begin = ContinuousClock.now
        do {
            let rationale = try await known(request, call, waits)
            metrics.rationale(.ok, after: .now - begin)
            return rationale
        } catch {
            metrics.rationale(RPCError(from: error).code, after: .now - begin)
            throw error
        }
    }

    private func known(_ request: GenerateRationaleRequest, _ call: ServerCall, _ waits: Bool) async throws -> Rationale {
        var request = request
        let review = try RequestCheck.review(of: request)
        request.review = review
        guard let key = key(request, review) else { return try await written(request, call, waits) }
        let isBulk = request.priority == .bulk
        while true {
            switch cache.enter(key, isBulk: isBulk) {
            case .found(var rationale):
                metrics.cache(hit: true)
                (rationale.reviewID, rationale.userID, rationale.itemID) = (review.reviewID, review.userID, review.itemID)
                return rationale
            case .mine:
                defer { cache.leave(key, isBulk: isBulk) }
                metrics.cache(hit: false)
                let rationale = try await written(request, call, waits)
                cache.store(rationale, for: key)
                return rationale
            case .wait(let other):
                for await _ in other {}
                try Task.checkCancellation()
            }
        }
    }

    /// Nil for what is not to be kept.
    private func key(_ request: GenerateRationaleRequest, _ review: Review) -> RationaleCache.Key? {
        let sampling = request.sampling ?? Wire.Sampling()
        guard cache.isOn, sampling.isRepeatable, let fleet = broker.fleet else { return nil }
        return RationaleCache.Key(
            modelDigest: fleet.model.digest, promptVersion: fleet.promptVersion, sampling: sampling.canonicalText, text: review.text,
            summary: review.summary)
    }

    private func written(_ request: GenerateRationaleRequest, _ call: ServerCall, _ waits: Bool) async throws -> Rationale {
        while true {
            do {
                let isBulk = request.priority == .bulk
                var rationale = try await broker.submit(.rationale(request), isBulk: isBulk, deadline: deadline(call)).rationale()
                guard !rationale.userPreference.isEmpty, !rationale.itemAttributes.isEmpty else {
                    throw RPCError(.internal, "the worker's rationale lacks a sentence")
                }
                // Whose it is the broker knows, whatever its worker says.
                let review = request.review ?? Review()
                (rationale.reviewID, rationale.userID, rationale.itemID) = (review.reviewID, review.userID, review.itemID)
                return rationale
            } catch let error as RPCError where waits && error.code == .resourceExhausted {
                guard let delay = error.retryAfter else { throw error }
                try await Task.sleep(for: delay)
            }
        }
    }

    private func deadline(_ call: ServerCall) -> ContinuousClock.Instant? { call.remaining.map { .now + $0 } }

    // MARK: Completions

    package func complete(_ request: CompleteRequest, _ responses: MessageWriter<CompleteChunk>, _ call: ServerCall) async throws {
        let begin = ContinuousClock.now
        try RequestCheck.completion(request)
        let bytes = Assignment.Work.completion(request).byteCount
        try memory.reserve(bytes)
        defer { memory.release(bytes) }
        var isFirst = true
        for try await case .chunk(let chunk) in try broker.submit(.completion(request), isBulk: false, deadline: deadline(call)) {
            if isFirst { metrics.firstToken(after: .now - begin) }
            isFirst = false
            try await responses.write(chunk)
        }
        try Task.checkCancellation()
    }

    // MARK: What it is and how it stands

    package func getModel(_ request: GetModelRequest, _ call: ServerCall) async throws -> ModelInfo {
        guard let fleet = broker.fleet else {
            throw RPCError.tryLater(.unavailable, "no worker has come with a model yet", retryAfter: .seconds(1))
        }
        return fleet.model
    }

    package func getLoad(_ request: GetLoadRequest, _ call: ServerCall) async throws -> TeacherLoad { broker.load.message }
}
